import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scenarioOf, warrantyOf } from '../../../cloud/processes/dispatcher/warranty.ts'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'
import { until } from '../../support/until.ts'

const DAY = 86_400_000

describe('the dispatcher’s window over REST', () => {
  let app: CloudApp
  const cookies = new Map<string, string>()
  beforeAll(async () => {
    app = await startCloudApp()
  }, 60_000)
  afterAll(() => app.stop())

  async function call(role: string, method: 'GET' | 'POST' | 'PATCH', url: string, payload?: object) {
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
  const PHONE = '+79161230001'
  const machine = {
    serial: 'АГ-1001',
    factory: 'Ростсельмаш',
    model: 'Торум 785',
    buyer: 'ООО Нива',
    warrantyHours: 1000,
    engineHours: 640,
  }
  let client = ''

  test('an unknown client and his machine are written once; the same phone or number again answers what is there', async () => {
    expect((await call('mechanic', 'GET', `/api/dispatcher/search?q=нива`)).status).toBe(403)
    const made = await call('dispatcher', 'POST', '/api/dispatcher/clients', {
      name: 'ООО Нива',
      phone: '8 916 123-00-01',
    })
    expect(made.body).toMatchObject({ known: false, client: { fields: { name: 'ООО Нива', phone: PHONE } } })
    client = made.body.client.id
    const again = await call('dispatcher', 'POST', '/api/dispatcher/clients', { name: 'Нива', phone: PHONE })
    expect(again.body).toMatchObject({ known: true, client: { id: client, fields: { name: 'ООО Нива' } } })
    expect((await call('dispatcher', 'POST', '/api/dispatcher/machines', machine)).body.known).toBe(false)
    const other = await call('dispatcher', 'POST', '/api/dispatcher/machines', { ...machine, engineHours: 1 })
    expect(other.body).toMatchObject({ known: true, machine: { fields: { engineHours: 640 } } })
  })

  test('a phone, a name and a serial number all lead to the client, his machines and their warranty', async () => {
    for (const q of ['8(916)1230001', 'нива', 'АГ-10']) {
      const { body } = await call('dispatcher', 'GET', `/api/dispatcher/search?q=${encodeURIComponent(q)}`)
      expect(body.clients.map(({ id }: { id: string }) => id)).toEqual([client])
      expect(body.machines).toMatchObject([
        {
          serial: 'АГ-1001',
          warranty: { state: 'valid', hoursLeft: 360 },
          scenarios: { repair: 'warranty_repair', maintenance: 'warranty_maintenance' },
        },
      ])
    }
  })

  test('a call opens a card; its filled form goes to the lawyer by itself, a checked client’s to approval', async () => {
    const hook = await call('owner', 'POST', '/api/hooks', { adapter: 'event', title: 'АТС' })
    const ring = (id: string) =>
      app.cloud.http.inject({
        method: 'POST',
        url: hook.body.path,
        payload: { id, event: 'call.ringing', payload: { from: PHONE, line: '+74950000002', source: 'АТС' } },
      })
    expect((await ring('call-1')).statusCode).toBe(202)
    const waiting = async () =>
      (await call('dispatcher', 'GET', '/api/cards?pipeline=intake&stage=call')).body.items as { id: string }[]
    await until('the call has its card', async () => (await waiting()).length === 1)
    const [ringing] = await waiting()
    const form = { phone: PHONE, client, machine: 'АГ-1001', requestKind: 'repair', need: 'Не запускается' }
    const unknown = await call('dispatcher', 'POST', '/api/dispatcher/requests', { ...form, machine: 'нет такой' })
    expect(unknown).toMatchObject({ status: 400, body: { detail: 'Такой техники нет' } })
    const sent = await call('dispatcher', 'POST', '/api/dispatcher/requests', { ...form, card: ringing?.id })
    expect(sent).toMatchObject({ status: 200, body: { card: ringing?.id, stage: 'lawyer' } })
    const twice = await call('dispatcher', 'POST', '/api/dispatcher/requests', { ...form, card: ringing?.id })
    expect(twice).toMatchObject({ status: 409, body: { code: 'card/refused' } })
    const byHand = await call('dispatcher', 'POST', '/api/dispatcher/requests', { ...form, need: 'ТО-2' })
    expect(byHand.body.stage).toBe('lawyer')
    const known = await call('dispatcher', 'GET', `/api/dispatcher/machines/${encodeURIComponent('АГ-1001')}`)
    expect(known.body.cards).toHaveLength(2)

    // E-02: one request has a code of the list, the other its written reason alone.
    const card = `/api/cards/${byHand.body.card}`
    const coded = (reasonCode: string) => call('head', 'PATCH', card, { set: { reasonCode } })
    expect(await coded('Z99')).toMatchObject({ status: 400, body: { detail: 'Такого кода нет: Z99' } })
    expect((await coded('H20')).status).toBe(200)
    const { body: report } = await call('head', 'GET', '/api/reports/reasons?pipeline=intake')
    expect(report.columns.map(({ id }: { id: string }) => id)).toEqual([
      'factory',
      'model',
      'code',
      'reason',
      'kind',
      'cards',
    ])
    expect(report.rows.map((row: readonly unknown[]) => row.slice(0, 4))).toEqual([
      ['Ростсельмаш', 'Торум 785', 'H20', 'Утечка в гидравлике'],
      ['Ростсельмаш', 'Торум 785', '', 'Не запускается'],
    ])
  })

  test('hours that the caller names end the warranty at once; people who play a role are named', async () => {
    const serial = encodeURIComponent('АГ-1001')
    const over = await call('dispatcher', 'PATCH', `/api/dispatcher/machines/${serial}`, { engineHours: 1000 })
    expect(over.body.machine).toMatchObject({
      warranty: { state: 'over', hoursLeft: 0, endedBy: 'hours' },
      scenarios: { repair: 'post_repair' },
    })
    const vehicle = { plate: 'А123АА77', model: 'К-744' }
    const { body: car } = await call('owner', 'POST', '/api/vehicles', vehicle)
    const url = `/api/dispatcher/machines/${serial}`
    expect((await call('dispatcher', 'PATCH', url, { vehicle: 'нет' })).status).toBe(400)
    const tied = await call('dispatcher', 'PATCH', url, { vehicle: 'а123 аа77' })
    expect(tied.body.machine.fields).toMatchObject({ vehicle: car.id, engineHours: 1000 })
    const at = encodeURIComponent(new Date(Date.now() + DAY).toISOString())
    const people = await call('dispatcher', 'GET', `/api/staff?role=mechanic&at=${at}`)
    expect(people.body.items).toMatchObject([{ free: true }])
  })
})

test.each([
  [{}, 'unknown', null],
  [{ warrantyHours: 100 }, 'unknown', null],
  [{ warrantyHours: 100, engineHours: 99 }, 'valid', 'warranty_repair'],
  [{ warrantyHours: 100, engineHours: 100 }, 'over', 'post_repair'],
  [{ warrantyUntil: 5 * DAY }, 'valid', 'warranty_repair'],
  [{ warrantyUntil: 5 * DAY - 1 }, 'over', 'post_repair'],
  [{ warrantyUntil: 4 * DAY, warrantyHours: 100, engineHours: 1 }, 'over', 'post_repair'],
  [{ warrantyUntil: 6 * DAY, warrantyHours: 100, engineHours: 101 }, 'over', 'post_repair'],
  [{ warrantyUntil: 6 * DAY, warrantyHours: 100 }, 'unknown', null],
])('the warranty of %o is %s', (fields, state, scenario) => {
  const warranty = warrantyOf(fields, 5 * DAY)
  expect(warranty.state).toBe(state)
  expect(scenarioOf(warranty, 'repair')).toBe(scenario)
})
