import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { upTopic } from '#contract/topics.ts'
import { type CloudApp, startCloudApp } from '../../../support/cloud-app.ts'
import { taxiHouse } from '../../../support/taxi-house.ts'
import { until } from '../../../support/until.ts'

let app: CloudApp
const cookies = new Map<string, string>()
beforeAll(async () => {
  app = await startCloudApp()
}, 60_000)
afterAll(() => app.stop())

async function call(role: string, method: 'GET' | 'POST' | 'PATCH', url: string, payload?: object) {
  const cookie = cookies.get(role) ?? (await app.as(role))
  cookies.set(role, cookie)
  const headers = { cookie, 'sec-fetch-site': 'same-origin' }
  const response = await app.cloud.http.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
  return { status: response.statusCode, body: response.body === '' ? null : response.json() }
}
async function hookOf(adapter: string) {
  const { body } = await call('owner', 'POST', '/api/hooks', { adapter, title: adapter })
  return async (event: object) =>
    (await app.cloud.http.inject({ method: 'POST', url: body.path, payload: event })).statusCode
}
const cardsOf = async (pipeline: string, q: string) =>
  (await call('owner', 'GET', `/api/cards?pipeline=${pipeline}&state=all&q=${encodeURIComponent(q)}`)).body.items

describe('in a running cloud, with the five cases as they are shipped', () => {
  test('C-01: a form of the site makes a card and a task to call, once however often it is sent', async () => {
    const send = await hookOf('form')
    const form = { id: 'f-1', phone: '+79161230011', name: 'Вера', source: 'Сайт', form: 'service' }
    expect([await send(form), await send(form)]).toEqual([202, 202])
    const [card, ...others] = await until('the card', async () => {
      const found = await cardsOf('c_service', '+79161230011')
      return found.length > 0 && found[0].openTasks > 0 ? found : undefined
    })
    expect(others).toEqual([])
    expect(card.fields).toMatchObject({ source: 'Сайт', name: 'Вера' })
  })

  test('A-12: a driver of another city is refused and no operator sees him', async () => {
    const send = await hookOf('form')
    await send({ id: 'f-2', phone: '+79161230012', name: 'Пётр', source: 'Авито', form: 'driver', other: 'Казань' })
    const [card] = await until('the refusal', async () => {
      const found = await cardsOf('call_centre', '+79161230012')
      return found[0]?.stage === 'refused' ? found : undefined
    })
    expect(card.fields.lossReason).toBe('Другой город')
  })

  test('C-09: a booking in the planner moves the deal of that number', async () => {
    const { body: card } = await call('owner', 'POST', '/api/cards', {
      pipeline: 'c_service',
      fields: { phone: '+79161230013', source: 'Звонок', name: 'Вера' },
    })
    const send = await hookOf('event')
    const at = Date.now() + 86_400_000
    await send({ id: 'p-1', event: 'planner.booked', about: { phone: '+79161230013' }, payload: { at } })
    const moved = await until('the move', async () => {
      const { body } = await call('owner', 'GET', `/api/cards/${card.id}`)
      return body.stage === 'expected' ? body : undefined
    })
    expect(moved.fields.visitAt).toBe(at)
  })

  test('E-08: a payment of 1C finds the order by its number, in either order, and is posted once', async () => {
    const send = await hookOf('onec')
    const pay = { id: '1c-1', orderNo: 'ЗН-77', amount: '12400.50' }
    expect([await send(pay), await send(pay)]).toEqual([202, 202])
    await until('the payment waits', async () =>
      (await call('owner', 'GET', '/api/payments/unmatched')).body.items.some(
        ({ amountKopecks }: { amountKopecks: number }) => amountKopecks === 1_240_050,
      ),
    )
    const { body: card } = await call('owner', 'POST', '/api/cards', {
      pipeline: 'work_orders',
      fields: { phone: '+79161230014', orderNo1c: 'ЗН-77' },
    })
    const paid = await until('the payment is posted', async () => {
      const { body } = await call('owner', 'GET', `/api/cards/${card.id}`)
      return body.fields.paid > 0 ? body : undefined
    })
    expect(paid.fields.paid).toBe(1_240_050)
  })
})

describe('registries over REST', () => {
  test('contracts are found by a part of the number, sorted, paged; a cancelled number stays', async () => {
    for (const [index, price] of [300, 100, 200].entries()) {
      const fields = {
        phone: `+7916123010${index}`,
        source: 'Авито',
        price,
        contractKind: 'commission',
        name: `Клиент ${index}`,
      }
      const born = await call('owner', 'POST', '/api/cards', { pipeline: 'commission_cars', stage: 'contract', fields })
      expect(born.status).toBe(201)
    }
    const list = (query: string) => call('owner', 'GET', `/api/registries/contract_row${query}`)
    const all = await until('three rows', async () => {
      const { body } = await list('?sort=num&order=asc')
      return body.items.length === 3 ? body.items : undefined
    })
    const numbers = all.map(({ fields }: { fields: { num: string } }) => fields.num)
    expect(numbers).toEqual([...numbers].sort())
    const page = await list('?sort=num&order=asc&limit=2')
    const next = await list(`?sort=num&order=asc&limit=2&cursor=${page.body.nextCursor}`)
    expect([...page.body.items, ...next.body.items]).toEqual(all)
    expect((await list(`?q=${encodeURIComponent('КЛИЕНТ 1')}`)).body.items).toHaveLength(1)
    expect((await list('?q=%25')).body.items).toEqual([])
    expect((await list('?sort=nothing')).status).toBe(400)
    expect((await call('owner', 'GET', '/api/registries/deal')).status).toBe(404)

    const { body: given } = await call('owner', 'GET', '/api/series/contracts/numbers')
    const [first] = given.items
    const wish = { scope: first.scope, period: first.period, n: first.n, reason: 'Передумал' }
    expect((await call('manager', 'POST', '/api/series/contracts/cancellations', wish)).status).toBe(403)
    expect((await call('owner', 'POST', '/api/series/contracts/cancellations', wish)).status).toBe(204)
    const { body: after } = await call('owner', 'GET', '/api/series/contracts/numbers')
    expect(after.items).toHaveLength(given.items.length)
    expect(after.items[0]).toMatchObject({ number: first.number, cancelledWhy: 'Передумал' })
  })

  test('a list of registries names columns and counts', async () => {
    const { body } = await call('manager', 'GET', '/api/registries')
    expect(body.items.find(({ id }: { id: string }) => id === 'contract_row')).toMatchObject({
      title: 'Реестр договоров',
      count: 3,
    })
  })
})

describe('the papers of a car guard its way out and its way back, by the cards and by the lease', () => {
  const dayIn = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
  const ENDING = [
    'ДК кончается. Сначала продлите',
    'ОСАГО кончается. Сначала продлите',
    'ОСГОП кончается. Сначала продлите',
  ]
  let park: ReturnType<typeof taxiHouse>
  const out = { car: '', driver: '', lease: '' }
  const move = (card: string, stage: string) => call('owner', 'POST', `/api/cards/${card}/moves`, { stage })
  const cardOf = async (id: string) => (await call('manager', 'GET', `/api/cards/${id}`)).body

  beforeAll(async () => {
    park = taxiHouse(app)
    const { id, gateway, mqtt } = await park.car('А777АА77')
    const status = JSON.stringify({ v: 1, online: true, at: Date.now(), software: '1.0.0' })
    await mqtt.publishAsync(upTopic(gateway, 'status'), status, { qos: 1, retain: true })
    out.car = id
    out.driver = await park.driver()
  }, 30_000)

  test('T-09: papers end tomorrow: «Авто выдано» and the lease refuse, each with its sentences; renewed, both pass', async () => {
    await park.papersTo(out.car, dayIn(1))
    const queued = { phone: '+79160000777', name: 'Иван', source: 'Сайт', contractNo: 'ЛД-777' }
    const { body: card } = await call('owner', 'POST', '/api/cards', {
      pipeline: 'call_centre',
      stage: 'queue',
      fields: { ...queued, vehicle: out.car, driver: out.driver },
    })
    await until('the gateway is known to be there', async () => {
      const way = (await cardOf(card.id)).ways.find(({ stage }: { stage: string }) => stage === 'issued')
      return way.why.join() === ENDING.join()
    })
    const refused = await move(card.id, 'issued')
    expect(refused.status).toBe(409)
    for (const sentence of ENDING) expect(JSON.stringify(refused.body)).toContain(sentence)
    out.lease = await park.draft(out.car, [out.driver])
    const kept = await park.ask('owner', 'POST', `/api/leases/${out.lease}/activate`, { note: 'Выдаём' })
    expect(kept).toMatchObject({ status: 409, body: { code: 'lease/not-to-issue', step: 'handing-out' } })
    expect(kept.body.hindrances).toHaveLength(3)

    await park.papersTo(out.car, dayIn(300))
    expect((await move(card.id, 'issued')).body.stage).toBe('issued')
    await until('its lease has a card', async () => (await cardsOf('lease', 'ЛД-777')).length === 1)
    const handed = await park.ask('owner', 'POST', `/api/leases/${out.lease}/activate`, { note: 'Выдаём' })
    expect(handed.body.state).toBe('active')
  })

  test('T-08: without an application «Возврат» is not shown, and the API answers 409 with a sentence; with one the service has a request', async () => {
    const [{ id }] = await cardsOf('lease', 'ЛД-777')
    expect((await move(id, 'on_line')).status).toBe(200)
    const shown = async () => (await cardOf(id)).buttons.map((button: { id: string }) => button.id)
    expect(await shown()).not.toContain('return')
    const press = () => call('manager', 'POST', `/api/cards/${id}/buttons`, { button: 'return' })
    const refused = await press()
    expect(refused.status).toBe(409)
    expect(JSON.stringify(refused.body)).toContain('«Возврат» сейчас нельзя')
    const byHand = await move(id, 'wants_return')
    expect(byHand.status).toBe(409)
    expect(JSON.stringify(byHand.body)).toContain('Нет заявления о сдаче')
    await call('owner', 'PATCH', `/api/cards/${id}`, { set: { returnApplication: 'заявление.pdf' } })
    expect(await shown()).toContain('return')
    expect((await press()).body.stage).toBe('wants_return')
    const asked = await until('the request of the service', async () => {
      const { body } = await call('owner', 'GET', '/api/cards?pipeline=service&state=open')
      return body.items.find((card: { fields: { vehicle?: string } }) => card.fields.vehicle === out.car)
    })
    expect(asked).toMatchObject({ stage: 'request', fields: { visitKind: 'return' } })
  })

  test('A-50: papers are over: «Сдано» and the end of the lease refuse; renewed, both pass', async () => {
    const [{ id }] = await cardsOf('lease', 'ЛД-777')
    // What was entered was a mistake; what truly is there ended yesterday.
    const { items: entered } = await park.as('owner', 'GET', `/api/vehicles/${out.car}/papers`)
    for (const paper of entered) await park.as('owner', 'DELETE', `/api/papers/${paper.id}`, { note: 'Ошибка ввода' })
    await park.papersTo(out.car, dayIn(-1))
    await call('owner', 'PATCH', `/api/cards/${id}`, { set: { returnAct: 'акт.pdf' } })
    const refused = await move(id, 'returned')
    expect(refused.status).toBe(409)
    expect(JSON.stringify(refused.body)).toContain('ДК, ОСАГО или ОСГОП просрочены: в парк не сдать')
    const steps = (what: string, more: object = {}) =>
      park.ask('owner', 'POST', `/api/leases/${out.lease}/${what}`, { note: 'Сдаёт', ...more })
    expect((await steps('return', { parking: 'База' })).body.state).toBe('returning')
    const kept = await steps('close')
    expect(kept).toMatchObject({ status: 409, body: { code: 'lease/not-to-issue', step: 'handing-back' } })
    await park.papersTo(out.car, dayIn(300))
    expect((await move(id, 'returned')).body.stage).toBe('returned')
    expect((await steps('close')).body.state).toBe('closed')
  })
})
