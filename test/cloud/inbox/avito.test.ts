import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAccountStore } from '../../../cloud/inbox/account-store.ts'
import { createInbox, type Inbox } from '../../../cloud/inbox/app.ts'
import { readWord } from '../../../cloud/inbox/incoming.ts'
import { AvitoSettings } from '../../../cloud/messages/channel-settings.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { type FakeAvito, startFakeAvito } from '../../support/fake-avito.ts'
import { silentLog } from '../../support/silent-log.ts'
import { createSqlDatabase, migrated, type SqlDatabase } from '../../support/sql-databases.ts'
import { systemClock } from '../../support/system-clock.ts'

const hook = (value: object, type = 'message') => ({
  id: 'h-1',
  version: 'v3.0.0',
  timestamp: 1,
  payload: {
    type,
    value: { id: 'm-1', chat_id: 'u2i-1', user_id: 94235311, author_id: 7, created: 5, type: 'text', ...value },
  },
})

describe('what Avito posts to a webhook', () => {
  test.each([
    ['a text', { content: { text: 'Ещё продаёте?' } }, { text: 'Ещё продаёте?', files: [] }],
    [
      'a missed call',
      { type: 'call', content: { call: { status: 'missed' } } },
      { text: 'Пропущенный звонок с Авито' },
    ],
    [
      'a place',
      { type: 'location', content: { location: { title: 'Варшавское шоссе' } } },
      { text: 'Варшавское шоссе' },
    ],
    [
      'a picture, in its largest size',
      { type: 'image', content: { image: { sizes: { '32x32': 'https://i/32', '1280x960': 'https://i/1280' } } } },
      { text: '', files: [{ name: 'Фото 1280x960', url: 'https://i/1280' }] },
    ],
  ])('%s is a word of its chat', (_name, value, expected) => {
    expect(readWord('avito', hook(value))).toMatchObject({
      kind: 'word',
      word: { key: 'm-1', outsideId: 'u2i-1', at: 5000, ...expected },
    })
  })
  test.each([
    ['our own message', hook({ author_id: 94235311, content: { text: 'Да' } })],
    ['a deleted one', hook({ type: 'deleted', content: {} })],
    ['another event', hook({ content: { text: 'x' } }, 'chat_read')],
  ])('%s says nothing', (_name, body) => {
    expect(readWord('avito', body)).toEqual({ kind: 'nothing' })
  })
})

describe('D-01: an account of Avito, played by a fake of its published description', () => {
  let database: SqlDatabase
  let postgres: Postgres
  let avito: FakeAvito
  let inbox: Inbox
  const handlers = new Map<string, (stop: AbortSignal) => Promise<void>>()
  const turn = (job: string) => handlers.get(job)?.(new AbortController().signal)
  const now = () => Math.floor(systemClock.now() / 1000)
  const items = () =>
    postgres.db.selectFrom('inboxItems').select(['direction', 'text', 'state', 'problem']).orderBy('at').execute()

  beforeAll(async () => {
    avito = await startFakeAvito()
    database = await createSqlDatabase('PGlite')
    postgres = await migrated(database)
    inbox = createInbox({
      ...postgres,
      world: {
        clock: systemClock,
        log: silentLog,
        uuid: () => randomUUID(),
        randomBytes: (length: number) => randomBytes(length),
      },
      jobs: { every: (name, _when, handler) => void handlers.set(name, handler) },
      settings: {
        avito: [
          AvitoSettings.parse({
            userId: '94235311',
            clientId: 'avito-client',
            clientSecret: 'avito-secret',
            baseUrl: avito.url,
          }),
        ],
      },
      personOf: async () => undefined,
      carryOut: async () => {},
    })
    await createAccountStore(postgres.db).add({
      id: randomUUID(),
      channel: 'avito',
      title: 'Авито 1',
      source: 'Авито',
      form: 'sale',
      address: '94235311',
      secret: null,
      replyUrl: null,
      parkId: null,
      assignTo: null,
      assignName: null,
      createdAt: 1,
      createdBy: 'o',
      token: randomUUID(),
      roles: [],
    })
  })
  afterAll(async () => {
    await avito.close()
    await database.close()
  })
  const owner = { id: 'o', login: 'o', name: 'Олег', role: 'owner', by: 'session', parks: 'all' } as const
  const write = (id: string, more: object) =>
    avito.chats.get('u2i-1')?.messages.push({
      id,
      author_id: 7,
      direction: 'in',
      type: 'text',
      created: now(),
      content: { text: id },
      ...more,
    })

  test('what people write is one conversation, each message once; ours and old ones are left out; trouble loses nothing', async () => {
    avito.chats.set('u2i-1', { name: 'Вера', item: 'Mazda 3 2008', messages: [] })
    write('old', { created: now() - 3 * 86_400 })
    write('first', { content: { text: 'Ещё продаёте?' } })
    write('ours', { author_id: 94235311, direction: 'out' })
    avito.fate = '429'
    await turn('inbox-avito')
    expect(await items()).toEqual([])
    avito.fate = 'ok'
    await turn('inbox-avito')
    write('second', { content: { text: 'Торг есть?' } })
    avito.fate = 'expired'
    await turn('inbox-avito')
    await turn('inbox-avito')
    expect((await items()).map(({ text }) => text)).toEqual(['Ещё продаёте?', 'Торг есть?'])
    const [conversation, ...others] = await inbox.service.list(owner, {}, { limit: 10, after: undefined })
    expect(others).toEqual([])
    expect(conversation).toMatchObject({ outsideId: 'u2i-1', name: 'Вера', subject: 'Mazda 3 2008' })
    expect(avito.tokens).toBe(2)
  })

  test('an answer goes to its chat; what Avito cannot take waits, what it never takes says why', async () => {
    const [conversation] = await inbox.service.list(owner, {}, { limit: 10, after: undefined })
    await inbox.service.answer(owner, conversation?.id ?? '', 'Да, приезжайте')
    avito.fate = '500'
    await turn('inbox-answers')
    expect(avito.sent).toEqual([])
    expect((await items()).at(-1)).toMatchObject({ state: 'queued', problem: 'Авито ответило 500' })
    avito.fate = 'ok'
    await postgres.db.updateTable('inboxItems').set({ dueAt: 1 }).where('state', '=', 'queued').execute()
    await turn('inbox-answers')
    expect(avito.sent).toEqual([{ chat: 'u2i-1', text: 'Да, приезжайте' }])
    await inbox.service.answer(owner, conversation?.id ?? '', 'ы'.repeat(1001))
    await turn('inbox-answers')
    expect((await items()).at(-1)).toMatchObject({ state: 'failed', problem: 'Авито берёт до 1000 знаков' })
  })
})
