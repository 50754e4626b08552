import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFakeExchange } from '../../../demo/exchange-client.ts'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'
import { systemClock } from '../../support/system-clock.ts'
import { until } from '../../support/until.ts'

let app: CloudApp
const cookies = new Map<string, string>()
/** Takes any signed POST: here the far end of a messenger. */
const messenger = createFakeExchange('unused-secret-of-this', () => systemClock.now())

beforeAll(async () => {
  app = await startCloudApp()
}, 60_000)
afterAll(async () => {
  await app.stop()
  await messenger.close()
})

async function call(role: string, method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object) {
  const cookie = cookies.get(role) ?? (await app.as(role))
  cookies.set(role, cookie)
  const response = await app.cloud.http.inject({
    method,
    url,
    headers: { cookie, 'sec-fetch-site': 'same-origin' },
    ...(payload === undefined ? {} : { payload }),
  })
  return { status: response.statusCode, body: response.body === '' ? null : response.json() }
}
type Account = { readonly path: string; readonly secret: string }
async function accountOf(more: object = {}): Promise<Account> {
  const made = { channel: 'avito', title: 'Авито 1', source: 'Авито', replyUrl: 'http://127.0.0.1:9/none', ...more }
  const { status, body } = await call('owner', 'POST', '/api/inbox-accounts', made)
  expect(status).toBe(201)
  return body
}
function say({ path, secret }: Account, message: object, key = secret) {
  const payload = JSON.stringify(message)
  const second = Math.floor(Date.now() / 1000)
  const mac = createHmac('sha256', key).update(`${second}.${payload}`).digest('hex')
  return app.cloud.http.inject({
    method: 'POST',
    url: path,
    payload,
    headers: { 'content-type': 'application/json', 'kordon-signature': `t=${second},v1=${mac}` },
  })
}
const listed = async (role: string, query: string) => (await call(role, 'GET', `/api/inbox${query}`)).body.items

describe('the shared inbox', () => {
  test('whoever writes waits until he is answered; his contact card makes itself, once', async () => {
    const account = await accountOf()
    const phone = '+79161230001'
    expect((await say(account, { id: 1, from: 'u-1', name: 'Вера', phone, text: 'Ещё продаёте BMW?' })).json()).toEqual(
      {
        accepted: 'new',
      },
    )
    expect((await say(account, { id: 1, from: 'u-1', phone, text: 'Ещё продаёте BMW?' })).json()).toEqual({
      accepted: 'known',
    })
    await say(account, { id: 2, from: 'u-1', text: 'Алло?' })
    const [row, ...others] = await listed('manager', '?state=unanswered')
    expect(others).toEqual([])
    expect(row).toMatchObject({ name: 'Вера', lastText: 'Алло?', assignee: null, source: 'Авито' })
    const cards = (await call('manager', 'GET', `/api/cards?pipeline=sales_cars&q=${encodeURIComponent(phone)}`)).body
      .items
    expect(cards).toHaveLength(1)
    expect(row.card).toBe(cards[0].id)
    expect(cards[0].fields).toMatchObject({ source: 'Авито', name: 'Вера', comment: 'Ещё продаёте BMW?' })

    expect((await call('manager', 'GET', '/api/inbox/figures')).body).toMatchObject({ unanswered: 1 })
    expect((await call('manager', 'POST', `/api/inbox/${row.id}/answers`, { text: 'Да, приезжайте' })).status).toBe(202)
    expect(await listed('manager', '?state=unanswered')).toEqual([])
    const one = (await call('manager', 'GET', `/api/inbox/${row.id}`)).body
    expect(one.items.map(({ direction, text }: { direction: string; text: string }) => [direction, text])).toEqual([
      ['in', 'Ещё продаёте BMW?'],
      ['in', 'Алло?'],
      ['out', 'Да, приезжайте'],
    ])
    expect(one).toMatchObject({ waitingSince: null, firstAnswerBy: one.assignee.name })
    const { people } = (await call('head', 'GET', '/api/inbox/figures')).body
    expect(people).toEqual([{ by: one.assignee.name, conversations: 1, medianFirstAnswerMs: one.firstAnswerMs }])
  })

  test('a message without the account’s signature is refused; a closed account takes nothing', async () => {
    const account = await accountOf()
    expect((await say(account, { id: 9, from: 'x', text: 'y' }, 'another-secret')).statusCode).toBe(401)
    const { body } = await call('head', 'GET', '/api/inbox-accounts')
    expect(JSON.stringify(body)).not.toContain(account.secret)
    const last = body.items.at(-1)
    expect((await call('head', 'DELETE', `/api/inbox-accounts/${last.id}`)).status).toBe(204)
    expect((await say(account, { id: 9, from: 'x', text: 'y' })).statusCode).toBe(404)
  })

  test('an account of a department is not seen by others, and its conversation is not theirs to answer', async () => {
    const account = await accountOf({ title: 'Сервис', roles: ['service'] })
    await say(account, { id: 5, from: 's-1', text: 'Когда готово?' })
    expect(await listed('manager', '?q=готово')).toEqual([])
    const [row] = await listed('service', '?q=готово')
    expect(row.lastText).toBe('Когда готово?')
    expect((await call('manager', 'GET', `/api/inbox/${row.id}`)).status).toBe(404)
    expect((await call('manager', 'POST', `/api/inbox/${row.id}/answers`, { text: 'Завтра' })).status).toBe(404)
    expect((await call('owner', 'PUT', `/api/inbox/${row.id}/assignee`, { to: 'me' })).status).toBe(204)
    expect((await call('service', 'POST', `/api/inbox/${row.id}/close`, {})).status).toBe(204)
    expect((await listed('owner', '?state=closed'))[0]).toMatchObject({ id: row.id, waitingSince: null })
  })

  test('a letter that answers ours finds its conversation by the mark, whoever sends it', async () => {
    const account = await accountOf({
      channel: 'email',
      title: 'Почта Иванова',
      source: 'Почта',
      replyUrl: null,
      address: 'ivanov@example.org',
    })
    await say(account, { id: 'm1', from: 'Client@Example.org', subject: 'Audi', text: 'Интересует Audi' })
    const [row] = await listed('manager', '?q=audi')
    const mark = `[#${row.id.slice(0, 8)}]`
    await say(account, { id: 'm2', from: 'wife@example.org', subject: `Re: Audi ${mark}`, text: 'И я спрошу' })
    const one = (await call('manager', 'GET', `/api/inbox/${row.id}`)).body
    expect(one.items.map(({ text }: { text: string }) => text)).toEqual(['Интересует Audi', 'И я спрошу'])
  })

  test('A-33: a driver who writes to the bot that he wants to give the car back has his lease at «Хочет сдать», once', async () => {
    const driver = {
      familyName: 'Сидоров',
      givenName: 'Пётр',
      legalForm: 'person',
      phones: [{ phone: '+79161230033', main: true }],
    }
    const channels = [{ channel: 'max', address: '777001', consent: 'given' }]
    const made = await call('owner', 'POST', '/api/drivers', { ...driver, channels })
    expect(made.status).toBe(201)
    const { body: card } = await call('owner', 'POST', '/api/cards', {
      pipeline: 'lease',
      stage: 'on_line',
      fields: { driver: made.body.id, returnApplication: 'заявление' },
    })
    const bot = { channel: 'max', title: 'Бот', source: 'MAX', form: 'driver' }
    const { body: account } = await call('owner', 'POST', '/api/inbox-accounts', bot)
    const say = (mid: string, user_id: number, text: string) =>
      app.cloud.http.inject({
        method: 'POST',
        url: account.path,
        headers: { 'x-max-bot-api-secret': account.secret },
        payload: { update_type: 'message_created', message: { sender: { user_id, name: 'П' }, body: { mid, text } } },
      })
    expect((await say('m1', 777_002, 'Хочу сдать машину')).statusCode).toBe(200)
    expect((await call('owner', 'GET', `/api/cards/${card.id}`)).body.stage).toBe('on_line')
    await say('m2', 777_001, 'Хочу сдать машину!')
    await say('m2', 777_001, 'Хочу сдать машину!')
    await until('«Хочет сдать»', async () => {
      const { body } = await call('owner', 'GET', `/api/cards/${card.id}`)
      return body.stage === 'wants_return' ? body : undefined
    })
    const { body: log } = await call('owner', 'GET', `/api/cards/${card.id}/log`)
    expect(log.items.filter(({ kind }: { kind: string }) => kind === 'moved')).toHaveLength(1)
  })

  test('an answer goes to the channel; when that refuses it, whoever asked waits again', async () => {
    const base = await messenger.listen()
    const account = await accountOf({
      title: 'WA',
      channel: 'whatsapp',
      source: 'WhatsApp',
      replyUrl: `${base}/wishes`,
      signed: 'yes',
    })
    await say(account, { id: 'w1', from: '79167770011', text: 'Здравствуйте' })
    const [row] = await listed('manager', '?q=Здравствуйте')
    // This far end wants another secret: it refuses for good.
    await call('manager', 'POST', `/api/inbox/${row.id}/answers`, { text: 'Добрый день' })
    const failed = await until('the refusal is seen', async () => {
      const one = (await call('manager', 'GET', `/api/inbox/${row.id}`)).body
      return one.items.at(-1).state === 'failed' ? one : undefined
    })
    expect(failed.items.at(-1).problem).toBe('канал ответил 401')
    expect(failed.waitingSince).not.toBeNull()
  })
})
