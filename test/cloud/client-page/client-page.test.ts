import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'
import { createLeapClock } from '../../support/leap-clock.ts'
import { until } from '../../support/until.ts'

const PHONE = '+79161239001'
const DAY = 86_400_000
const clock = createLeapClock()
let app: CloudApp
const cookies = new Map<string, string>()
beforeAll(async () => {
  app = await startCloudApp({ KORDON_PUBLIC_URL: 'https://fleet.example' }, undefined, { clock })
}, 60_000)
afterAll(() => app.stop())

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
async function call(role: string, method: Method, url: string, payload?: object, more: Record<string, string> = {}) {
  const cookie = cookies.get(role) ?? (await app.as(role))
  cookies.set(role, cookie)
  const headers = { cookie, 'sec-fetch-site': 'same-origin', ...more }
  const response = await app.cloud.http.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
  return { status: response.statusCode, body: response.body === '' ? null : response.json() }
}
const ok = async (...wish: Parameters<typeof call>) => {
  const { status, body } = await call(...wish)
  if (status >= 300) throw new Error(`${wish[1]} ${wish[2]}: ${JSON.stringify(body)}`)
  return body
}
const open = (path: string) => app.cloud.http.inject({ method: 'GET', url: path })
const press = (path: string, form: Record<string, string>) =>
  app.cloud.http.inject({
    method: 'POST',
    url: path,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(form).toString(),
  })
const textsOf = async (kind: string): Promise<readonly string[]> => {
  const { items } = await ok('owner', 'GET', '/api/messages?limit=500')
  const found = z.array(z.looseObject({ kind: z.string(), text: z.string() })).parse(items)
  return found.filter((one) => one.kind === kind).map(({ text }) => text)
}
const linkIn = (text: string | undefined): string =>
  /https:\/\/fleet\.example(\/c\/[\w-]{32})/.exec(text ?? '')?.[1] ?? ''
const move = (id: string, stage: string, set: object) => ok('owner', 'POST', `/api/cards/${id}/moves`, { stage, set })
const fieldsOf = async (id: string) => (await ok('owner', 'GET', `/api/cards/${id}`)).fields

describe('a client of the car service', () => {
  let card = ''
  let page = ''

  test('reads the estimate in a message, opens his own page by its link, and agrees to the sum that he saw', async () => {
    const born = await ok('owner', 'POST', '/api/cards', {
      pipeline: 'c_service',
      fields: { phone: PHONE, source: 'Сайт', name: 'Вера', need: 'Стук спереди' },
    })
    card = born.id
    // The client has an id of its own: a number stands in no address and in no record of looks.
    expect(born.fields).toMatchObject({ client: born.id })
    await move(card, 'agreeing', { estimate: 1_250_000 })
    const [said] = await until('the message', async () => {
      const found = await textsOf('c_estimate')
      return found.length > 0 ? found : undefined
    })
    page = linkIn(said)
    const shown = await open(page)
    expect(shown.statusCode).toBe(200)
    expect(shown.body.length).toBeLessThan(20_000)
    expect(shown.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    expect(shown.headers['content-security-policy']).toContain("default-src 'none'")
    for (const word of ['Здравствуйте, Вера', 'Ждём вашего согласия с расчётом', 'Стук спереди', '12\u00a0500\u00a0₽'])
      expect(shown.body).toContain(word)
    expect((await open(`${page}?lang=en`)).body).toContain('Waiting for your consent to the estimate')

    const wrong = await press(`${page}/orders/${card}/agreement`, { kopecks: '1', lang: 'ru' })
    expect([wrong.statusCode, wrong.headers.location]).toEqual([303, `${page}?done=other-sum`])
    expect((await fieldsOf(card)).approvedByClient).toBe(false)
    const right = await press(`${page}/orders/${card}/agreement`, { kopecks: '1250000', lang: 'ru' })
    expect(right.headers.location).toBe(`${page}?done=agreed`)
    expect((await fieldsOf(card)).approvedByClient).toBe(true)
    expect((await open(`${page}?done=agreed`)).body).toContain('Вы согласовали расчёт')
    await until('the task to book him', async () => {
      const { tasks } = await ok('owner', 'GET', `/api/cards/${card}`)
      return tasks.some(({ template }: { template: string }) => template === 'c_book')
    })
  })

  test('his question stands in the log of the card with our messages, and somebody has a task to answer', async () => {
    const asked = await press(`${page}/orders/${card}/questions`, { text: 'Можно <b>в субботу</b>?', lang: 'en' })
    expect(asked.headers.location).toBe(`${page}?done=asked&lang=en`)
    await until('the task to answer', async () => {
      const { tasks } = await ok('owner', 'GET', `/api/cards/${card}`)
      return tasks.some(({ template }: { template: string }) => template === 'c_answer')
    })
    const { items } = await ok('manager', 'GET', `/api/cards/${card}/past`)
    const lines = items.map((line: { source: string; log?: { kind: string } }) => line.log?.kind ?? line.source)
    expect(lines).toEqual(expect.arrayContaining(['born', 'moved', 'message', 'comment']))
    const { items: comments } = await ok('manager', 'GET', `/api/cards/${card}/past?view=comments`)
    expect(comments).toMatchObject([{ log: { change: { text: 'Можно <b>в субботу</b>?' }, actorName: 'Клиент Вера' } }])
    const empty = await press(`${page}/orders/${card}/questions`, { text: ' ', lang: 'ru' })
    expect(empty.headers.location).toBe(`${page}?done=empty`)
  })

  test('sees nothing of others: another card, another link and a closed link are one answer', async () => {
    const other = await ok('owner', 'POST', '/api/cards', {
      pipeline: 'c_service',
      fields: { phone: '+79161239002', source: 'Сайт', name: 'Олег' },
    })
    expect((await open(page)).body).not.toContain(`№ ${other.no}`)
    for (const path of [`/c/${'x'.repeat(32)}`, `${page}/documents/${other.id}`])
      expect((await open(path)).statusCode).toBe(404)
    const strange = await press(`${page}/orders/${other.id}/questions`, { text: 'Чужой заказ', lang: 'ru' })
    expect(strange.statusCode).toBe(404)
    expect((await call('mechanic', 'POST', `/api/cards/${other.id}/client-link`)).status).toBe(403)
    const { url } = await ok('manager', 'POST', `/api/cards/${other.id}/client-link`)
    const his = linkIn(url)
    expect((await open(his)).body).toContain('Олег')
    expect(await ok('manager', 'DELETE', `/api/cards/${other.id}/client-link`)).toEqual({ closed: 1 })
    const closed = await open(his)
    expect([closed.statusCode, closed.body.includes('Ссылка не действует')]).toEqual([404, true])
    expect((await open(page)).statusCode).toBe(200)
  })

  test('C-15: his car is known by its visits, and he is invited by date and by mileage, once, by a message', async () => {
    await move(card, 'expected', { visitAt: clock.now() + DAY })
    await move(card, 'in_repair', { mechanic: 'm-1', plate: 'А123ВС77', odometerKm: 60_000 })
    expect(await fieldsOf(card)).toMatchObject({ auto: 'А123ВС77' })
    await move(card, 'ready', { total: 1_250_000 })
    await ok('owner', 'POST', `/api/cards/${card}/buttons`, { button: 'c_bill' })
    const bill = await until(
      'the invoice',
      async () => /\/c\/[\w-]+\/documents\/[0-9a-f-]{36}/.exec((await open(page)).body)?.[0],
    )
    const file = await open(bill)
    expect([file.statusCode, file.headers['content-type']]).toEqual([200, 'application/pdf'])
    await move(card, 'closed', { paid: 1_250_000, nextServiceOn: clock.now() + 200 * DAY, nextServiceKm: 70_000 })
    const { items: cars } = await ok('owner', 'GET', '/api/registries/auto')
    expect(cars).toMatchObject([
      { id: 'А123ВС77', fields: { client: card, firstKm: 60_000, odometerKm: 60_000, inspectionDueKm: 70_000 } },
    ])
    expect((await open(page)).body).toContain('70 000'.replace(' ', '\u00a0'))
    expect(await textsOf('c_due')).toEqual([])

    // A hundred days and 10,000 km later he comes again; forty days on his next 5,000 km are near, long before the date.
    clock.leap(100 * DAY)
    cookies.clear()
    const again = await ok('owner', 'POST', '/api/cards', {
      pipeline: 'c_service',
      fields: { phone: PHONE, source: 'Звонок', name: 'Вера', plate: 'А123ВС77', odometerKm: 70_000 },
    })
    await move(again.id, 'expected', { visitAt: clock.now() + DAY })
    await move(again.id, 'in_repair', { mechanic: 'm-1' })
    await move(again.id, 'ready', { total: 500_000 })
    await move(again.id, 'closed', { paid: 500_000, nextServiceOn: clock.now() + 200 * DAY, nextServiceKm: 75_000 })
    clock.leap(40 * DAY)
    cookies.clear()
    const days = { value: 15, why: 'Правила смотрят сразу' }
    await ok('owner', 'PUT', '/api/policies/recommendDays', days, { 'if-match': '"0"' })
    const [invited] = await until('the invitation', async () => {
      const found = await textsOf('c_due')
      return found.length > 0 ? found : undefined
    })
    expect(invited).toContain('А123ВС')
    expect(linkIn(invited)).not.toBe('')
    const { items } = await ok('owner', 'GET', '/api/cards?pipeline=c_service&stage=invited')
    expect(items).toMatchObject([{ fields: { client: card, auto: 'А123ВС77', phone: PHONE, name: 'Вера' } }])
    expect(await textsOf('c_due')).toHaveLength(1)
  })
})
