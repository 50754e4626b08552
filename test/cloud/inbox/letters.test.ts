import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAccountStore } from '../../../cloud/inbox/account-store.ts'
import { createInbox } from '../../../cloud/inbox/app.ts'
import { wordOfLetter } from '../../../cloud/inbox/letter.ts'
import { MailboxSettings } from '../../../cloud/messages/channel-settings.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { silentLog } from '../../support/silent-log.ts'
import { createSqlDatabase, migrated, type SqlDatabase } from '../../support/sql-databases.ts'
import { systemClock } from '../../support/system-clock.ts'

const letter = (...lines: readonly string[]): Uint8Array => Buffer.from(lines.join('\r\n'), 'utf8')
const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
const FROM = 'From: =?utf-8?b?0JLQtdGA0LA=?= <Vera@Example.org>'

describe('a letter', () => {
  test('D-08: says who, what about and what, whatever it is written in', () => {
    const word = wordOfLetter(
      letter(
        FROM,
        'Subject: =?utf-8?q?=D0=90=D1=83=D0=B4=D0=B8?=',
        ' =?utf-8?q?_A6?= [#0a1b2c3d]',
        'Message-ID: <1@example.org>',
        'Date: Fri, 20 Nov 2026 13:00:00 +0300',
        'Content-Type: multipart/mixed; boundary="b 1"',
        '',
        '--b 1',
        'Content-Type: multipart/alternative; boundary=b2',
        '',
        '--b2',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: base64',
        '',
        base64('Ещё продаёте?'),
        '--b2',
        'Content-Type: text/html',
        '',
        '<p>не это</p>',
        '--b2--',
        '--b 1',
        "Content-Disposition: attachment; filename*=utf-8''%D0%BF%D1%82%D1%81.pdf",
        'Content-Type: application/pdf',
        'Content-Transfer-Encoding: base64',
        '',
        base64('%PDF'),
        '--b 1--',
      ),
    )
    expect(word).toEqual({
      key: '<1@example.org>',
      outsideId: 'vera@example.org',
      name: 'Вера',
      phone: undefined,
      subject: 'Ауди A6 [#0a1b2c3d]',
      text: 'Ещё продаёте?\n\nВложения: птс.pdf',
      files: [],
      at: Date.parse('2026-11-20T10:00:00Z'),
    })
  })

  test.each([
    ['Content-Type: text/plain; charset=windows-1251', Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]), 'Привет'],
    ['Content-Type: text/plain', Buffer.from('Привет', 'utf8'), 'Привет'],
    ['Content-Type: text/plain; charset=nobody-knows', Buffer.from('Привет', 'utf8'), 'Привет'],
    [
      'Content-Type: text/html; charset=utf-8',
      Buffer.from('<style>x</style><p>Привет&nbsp;&amp; пока</p>'),
      'Привет & пока',
    ],
    ['Content-Transfer-Encoding: quoted-printable', Buffer.from('=D0=9F=D1=80=\r\n=D0=B8'), 'При'],
  ])('in %s is read', (header, body, text) => {
    const bytes = Buffer.concat([letter(FROM, header, '', ''), body])
    expect(wordOfLetter(bytes)?.text).toBe(text)
  })

  test('of a machine, without a sender, or that never ends in itself, is none', () => {
    expect(wordOfLetter(letter(FROM, 'Auto-Submitted: auto-replied', '', 'Меня нет'))).toBeUndefined()
    expect(wordOfLetter(letter('Subject: a', '', 'b'))).toBeUndefined()
    const nested = Array.from(
      { length: 200 },
      (_, n) => `Content-Type: multipart/mixed; boundary=x${n}\r\n\r\n--x${n}\r\n`,
    )
    expect(wordOfLetter(letter(FROM, nested.join('')))).toBeUndefined()
  })
})

test.each(['<script', '<', '=?', '<style></head ', '--x\r\n'])('two megabytes of %s are read at once', (piece) => {
  const bytes = letter(FROM, 'Content-Type: text/html', '', piece.repeat(2_000_000 / piece.length))
  const from = process.cpuUsage()
  wordOfLetter(bytes)
  const { user, system } = process.cpuUsage(from)
  expect((user + system) / 1000).toBeLessThan(1500)
})

describe('a mailbox', () => {
  let database: SqlDatabase
  let postgres: Postgres
  let server: Server
  /** Letters of the mailbox by their number; `busy` refuses the next sign-in. */
  const box = {
    letters: new Map<number, Uint8Array>(),
    validity: 7,
    state: 'fine' as 'fine' | 'busy',
    said: [] as string[],
  }
  beforeAll(async () => {
    database = await createSqlDatabase('PGlite')
    postgres = await migrated(database)
    server = createServer((socket) => {
      socket.write('* OK ready\r\n')
      socket.on('error', () => {})
      socket.on('data', (bytes) => {
        const [, tag = '', command = ''] = /^(\S+) (.*)\r\n$/.exec(bytes.toString()) ?? []
        box.said.push(command)
        const done = (...lines: readonly string[]) => socket.write([...lines, `${tag} OK done`, ''].join('\r\n'))
        if (command.startsWith('LOGIN')) return box.state === 'fine' ? done() : socket.write(`${tag} NO busy\r\n`)
        if (command.startsWith('EXAMINE'))
          return done(
            `* OK [UIDVALIDITY ${box.validity}] fine`,
            `* OK [UIDNEXT ${Math.max(0, ...box.letters.keys()) + 1}]`,
          )
        if (command.startsWith('UID SEARCH')) return done(`* SEARCH ${[...box.letters.keys()].join(' ')}`)
        const uid = Number(/^UID FETCH (\d+)/.exec(command)?.[1])
        const body = box.letters.get(uid) ?? new Uint8Array()
        socket.write(`* 1 FETCH (UID ${uid} BODY[]<0> {${body.length}}\r\n`)
        socket.write(body)
        return done(')')
      })
    })
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  }, 60_000)
  afterAll(async () => {
    server.close()
    await database.close()
  })

  test('D-01, D-08: its letters are conversations of its account, each once, an answer by the mark in the same one; nothing in it is changed', async () => {
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const handlers = new Map<string, (stop: AbortSignal) => Promise<void>>()
    const world = {
      clock: systemClock,
      log: silentLog,
      uuid: () => randomUUID(),
      randomBytes: (n: number) => randomBytes(n),
    }
    const told: string[] = []
    createInbox({
      ...postgres,
      world,
      jobs: { every: (name, _when, handler) => void handlers.set(name, handler) },
      settings: {
        mailboxes: [
          { address: 'sales@dealer.example', url: `imap://sales%40dealer.example:pa%22ss@127.0.0.1:${port}` },
        ],
      },
      personOf: async () => undefined,
      carryOut: async (key) => void told.push(key),
    })
    const account = { channel: 'email', title: 'Почта', source: 'Почта', form: 'sale', address: 'Sales@dealer.example' }
    const rest = {
      secret: null,
      replyUrl: null,
      parkId: null,
      assignTo: null,
      assignName: null,
      createdAt: 1,
      createdBy: 'o',
    }
    await createAccountStore(postgres.db).add({ ...account, ...rest, id: randomUUID(), token: randomUUID(), roles: [] })
    const look = () => handlers.get('inbox-mailboxes')?.(new AbortController().signal)
    const heard = () => postgres.db.selectFrom('inboxItems').select(['text', 'conversation']).orderBy('at').execute()
    const write = (uid: number, ...lines: readonly string[]) => box.letters.set(uid, letter(...lines))

    write(4, FROM, 'Message-ID: <4@x>', 'Subject: Audi', 'Date: Fri, 20 Nov 2026 13:00:00 +0300', '', 'Ещё продаёте?')
    await look()
    await look()
    expect((await heard()).map(({ text }) => text)).toEqual(['Ещё продаёте?'])
    expect(told).toHaveLength(1)
    expect(box.said).toContain('LOGIN "sales@dealer.example" "pa\\"ss"')

    const [first] = await heard()
    const mark = `[#${first?.conversation.slice(0, 8)}]`
    write(
      5,
      'From: mother@example.org',
      'Message-ID: <5@x>',
      `Subject: Re: Audi ${mark}`,
      'Date: Fri, 20 Nov 2026 14:00:00 +0300',
      '',
      'Это мама Веры',
    )
    box.state = 'busy'
    await look()
    expect(await heard()).toHaveLength(1)
    box.state = 'fine'
    await look()
    // Numbered anew by the server: the same letters again are no new ones.
    box.validity = 8
    await look()
    const all = await heard()
    expect(all.map(({ text }) => text)).toEqual(['Ещё продаёте?', 'Это мама Веры'])
    expect(new Set(all.map(({ conversation }) => conversation)).size).toBe(1)
    expect(box.said.filter((said) => /STORE|SELECT|DELE|APPEND|COPY/.test(said))).toEqual([])
  })

  test('a password goes to another machine by imaps alone', () => {
    const at = (url: string) => MailboxSettings.safeParse({ address: 'a@b.example', url }).success
    expect([at('imap://u:p@mail.example'), at('imaps://u:p@mail.example'), at('imap://u:p@127.0.0.1:143')]).toEqual([
      false,
      true,
      true,
    ])
  })
})
