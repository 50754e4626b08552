import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFakeExchange } from '../../../demo/exchange-client.ts'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'
import { systemClock } from '../../support/system-clock.ts'
import { until } from '../../support/until.ts'

const SECRET = 'an-exchange-of-the-tests'
const LINE = '+74950000003'
const exchange = createFakeExchange(SECRET, () => systemClock.now())
const folder = mkdtempSync(join(tmpdir(), 'kordon-exchange-'))
let app: CloudApp
let base = ''
const cookies = new Map<string, string>()

beforeAll(async () => {
  base = await exchange.listen()
  const file = join(folder, 'exchange.json')
  const settings = { url: `${base}/wishes`, secret: SECRET, recordings: 'keep', recordingHosts: [new URL(base).host] }
  writeFileSync(file, JSON.stringify(settings), { mode: 0o600 })
  app = await startCloudApp({ KORDON_EXCHANGE_FILE: file })
}, 60_000)
afterAll(async () => {
  await app.stop()
  await exchange.close()
  rmSync(folder, { recursive: true, force: true })
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
  const isJson = (response.headers['content-type'] ?? '').toString().includes('json')
  return {
    status: response.statusCode,
    type: response.headers['content-type'],
    body: isJson && response.body !== '' ? response.json() : response.body,
  }
}
async function hookOf(signed: 'yes' | 'no') {
  const { body } = await call('owner', 'POST', '/api/hooks', { adapter: 'telephony', title: 'АТС', signed })
  return { url: `${app.started.url}${body.path}`, secret: body.secret ?? undefined }
}

describe('telephony', () => {
  test('a missed call tells its source by the number that was called on that day, and is tied to the card it makes', async () => {
    const hook = await hookOf('yes')
    const line = { number: LINE, source: 'Авито', validFrom: '2020-01-01T00:00:00Z' }
    expect((await call('head', 'POST', '/api/phone-lines', line)).status).toBe(201)
    expect((await call('head', 'POST', '/api/phone-lines', line)).body.code).toBe('call/line-taken')
    const missed = { id: 'c-1', event: 'missed', from: '8 (916) 111-22-33', line: LINE }
    expect((await exchange.say(hook, missed)).status).toBe(202)
    expect(await (await exchange.say(hook, missed)).json()).toEqual({ accepted: 'known' })

    const calls = await until('the call is tied', async () => {
      const { body } = await call('manager', 'GET', '/api/calls?number=%2B79161112233')
      return body.items[0]?.cards.length === 1 ? body.items : undefined
    })
    expect(calls).toHaveLength(1)
    expect(calls[0]).toMatchObject({ state: 'missed', source: 'Авито', line: LINE, phone: '+79161112233' })
    const card = await call('manager', 'GET', `/api/cards/${calls[0].cards[0]}`)
    expect(card.body).toMatchObject({ pipeline: 'call_centre', fields: { source: 'Авито', phone: '+79161112233' } })
    const ofCard = await call('manager', 'GET', `/api/calls?card=${calls[0].cards[0]}`)
    expect(ofCard.body.items.map(({ id }: { id: string }) => id)).toEqual([calls[0].id])
    expect((await call('manager', 'GET', '/api/calls?state=no-source')).body.items).toEqual([])

    const past = `/api/cards/${calls[0].cards[0]}/past`
    await call('manager', 'POST', `/api/cards/${calls[0].cards[0]}/comments`, { text: 'Перезвонит сам' })
    const all = (await call('manager', 'GET', past)).body.items
    expect(all[0]).toMatchObject({ source: 'log', log: { kind: 'comment', change: { text: 'Перезвонит сам' } } })
    expect(all.find(({ source }: { source: string }) => source === 'call')).toMatchObject({
      call: { id: calls[0].id, state: 'missed', phone: '+79161112233' },
    })
    const alone = (await call('manager', 'GET', `${past}?view=calls`)).body
    expect(alone).toMatchObject({ items: [{ source: 'call', call: { id: calls[0].id } }], nextCursor: null })
    // Page by page it is the same list.
    const paged: unknown[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await call('manager', 'GET', `${past}?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
      paged.push(...body.items)
      cursor = body.nextCursor
    }
    expect(paged).toEqual(all)
    const papers = (await call('papers', 'GET', past)).body.items
    expect(papers.filter(({ source }: { source: string }) => source === 'call')).toEqual([])
  })

  test.each([
    ['no signature', undefined],
    ['a signature of another secret', 'another-secret-of-nobody'],
  ])('a signed hook refuses %s', async (_name, secret) => {
    const { url } = await hookOf('yes')
    const refused = await exchange.say({ url, secret }, { id: 'x', event: 'missed', from: '+79161112244' })
    expect(refused.status).toBe(401)
    expect((await call('manager', 'GET', '/api/calls?number=%2B79161112244')).body.items).toEqual([])
  })

  test('T-02: a driver on the line calls: the exchange transfers him, support has a task, there is no lead', async () => {
    const hook = await hookOf('no')
    const phone = '+79162223344'
    await call('owner', 'PUT', '/api/phone-extensions/role:support', { extension: '201' })
    const { body: driver } = await call('owner', 'POST', '/api/drivers', {
      familyName: 'Петров',
      givenName: 'Пётр',
      legalForm: 'person',
      phones: [{ phone }],
    })
    const { body: card } = await call('owner', 'POST', '/api/cards', {
      pipeline: 'lease',
      stage: 'on_line',
      fields: { driver: driver.id },
    })
    for (const id of ['on-1', 'on-2']) await exchange.say(hook, { id, event: 'ringing', from: phone, line: LINE })
    const wishes = await until('two transfers', () => {
      const found = exchange.wishes.filter(({ do: what }) => what === 'transfer')
      return found.length === 2 ? found : undefined
    })
    expect(wishes[0]).toMatchObject({ call: 'on-1', to: '201' })
    const tasks = (await call('support', 'GET', `/api/cards/${card.id}`)).body.tasks
    expect(tasks.filter(({ template }: { template: string }) => template === 'support_request')).toHaveLength(1)
    await exchange.say(hook, { id: 'on-1', event: 'missed', from: phone, line: LINE })
    const leads = await call('manager', 'GET', `/api/cards?pipeline=call_centre&q=${encodeURIComponent(phone)}`)
    expect(leads.body.items).toEqual([])
  })

  test('C-02: whoever was not answered by the service hears that he will be called back', async () => {
    const hook = await hookOf('no')
    await exchange.say(hook, { id: 'late', event: 'missed', from: '+79168889900', line: '+74950000001' })
    const said = await until('the exchange is asked', () => exchange.wishes.find(({ do: what }) => what === 'say'))
    expect(said).toMatchObject({ call: 'late', text: expect.stringContaining('Перезвоним вам первыми') })
  })

  test('a call from here, its recording fetched once and played, number and length by source', async () => {
    const hook = await hookOf('no')
    await call('owner', 'PUT', '/api/phone-extensions/role:manager', { extension: '105' })
    const made = await call('manager', 'POST', '/api/calls', { to: '8 916 333-44-55' })
    expect(made.status).toBe(202)
    expect(exchange.wishes.at(-1)).toMatchObject({ do: 'call', to: '+79163334455', text: '105' })
    expect((await call('support', 'POST', '/api/calls', { to: '+79163334455' })).status).toBe(202)

    const at = Date.parse('2026-11-20T10:00:00Z')
    const inbound = { id: 'r-1', from: '+79164445566', line: LINE, extension: '105' }
    await exchange.say(hook, { ...inbound, event: 'ringing', at })
    await exchange.say(hook, { ...inbound, event: 'answered', at: at + 5000 })
    await exchange.say(hook, { ...inbound, event: 'ended', at: at + 65_000, recordUrl: `${base}/records/r-1.wav` })
    const { body } = await call('manager', 'GET', '/api/calls?number=%2B79164445566')
    expect(body.items[0]).toMatchObject({ state: 'answered', talkMs: 60_000, extension: '105' })
    const played = await until('a recording', async () => {
      const answer = await call('manager', 'GET', `/api/calls/${body.items[0].id}/recording`)
      return answer.status === 200 ? answer : undefined
    })
    expect(played.type).toBe('audio/wav')
    expect(played.body).toBe('RIFF')
    const figures = await call(
      'head',
      'GET',
      '/api/calls/figures?by=source&from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z',
    )
    expect(figures.body.items).toEqual([{ of: 'Авито', calls: 1, answered: 1, missed: 0, talkMs: 60_000 }])
  }, 60_000)

  test('a refusal of the exchange is final and on record; a call that is over is not transferred', async () => {
    const hook = await hookOf('no')
    exchange.fault = 'refusing'
    await exchange.say(hook, { id: 'live', event: 'ringing', from: '+79165556677', line: LINE })
    const { body } = await call('manager', 'GET', '/api/calls?number=%2B79165556677')
    const path = `/api/calls/${body.items[0].id}/transfer`
    expect((await call('dispatcher', 'POST', path, { to: 'role:support' })).status).toBe(202)
    exchange.fault = 'none'
    const { body: asked } = await call('head', 'GET', '/api/call-requests')
    expect(asked.items[0]).toMatchObject({ kind: 'transfer', state: 'refused', problem: 'АТС ответила 422' })
    await exchange.say(hook, { id: 'live', event: 'ended', from: '+79165556677' })
    expect((await call('dispatcher', 'POST', path, { to: 'role:support' })).body.code).toBe('call/over')
  })
})
