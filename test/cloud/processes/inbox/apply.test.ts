import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CloudApp, startCloudApp } from '../../../support/cloud-app.ts'
import { multipart } from '../../../support/multipart.ts'
import { until } from '../../../support/until.ts'

let app: CloudApp
beforeAll(async () => {
  app = await startCloudApp()
}, 60_000)
afterAll(() => app.stop())

let address = 0
/** As a browser without scripts sends it; each test from an address of its own. */
const send = (fields: Record<string, string>, headers: Record<string, string> = {}, from = `10.0.0.${address}`) =>
  app.cloud.http.inject({
    method: 'POST',
    url: '/apply',
    remoteAddress: from,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin', ...headers },
    payload: new URLSearchParams(fields).toString(),
  })
const read = async (url: string) =>
  (await app.cloud.http.inject({ url, headers: { cookie: await app.as('owner') } })).json()
const cardsOf = async (q: string) =>
  (await read(`/api/cards?pipeline=call_centre&state=all&q=${encodeURIComponent(q)}`)).items
const filled = () => {
  address += 1
  return {
    id: randomUUID(),
    name: 'Пётр',
    phone: '8 (916) 200-00-01',
    city: 'Москва',
    consent: 'yes',
    a: '',
    lang: 'ru',
  }
}

test('A-24: the form is open to everybody, Russian first, and runs no script', async () => {
  const page = await app.cloud.http.inject({ url: '/apply?a=AG7' })
  expect(page.statusCode).toBe(200)
  expect(page.headers['content-type']).toContain('text/html')
  expect(page.headers['content-security-policy']).toContain("default-src 'none'")
  expect(page.body).toContain('<html lang="ru">')
  expect(page.body).toContain('name="a" value="AG7"')
  expect(page.body).not.toContain('<script')
  expect((await app.cloud.http.inject({ url: '/apply?lang=en' })).body).toContain('Driver application')
})

test('A-24: an application makes one card of the call centre with the consent, however often it is sent', async () => {
  const fields = { ...filled(), phone: '8 (916) 200-00-01' }
  const first = await send(fields)
  expect([first.statusCode, first.headers.location]).toEqual([303, '/apply/sent'])
  expect((await send(fields)).statusCode).toBe(303)
  const [card, ...others] = await until('the card', async () => {
    const found = await cardsOf('+79162000001')
    return found.length > 0 ? found : undefined
  })
  expect(others).toEqual([])
  expect(card.fields).toMatchObject({ name: 'Пётр', city: 'Москва', source: 'Анкета' })
  const { fields: known } = await read(`/api/cards/${card.id}`)
  expect(Math.abs(known.consent - Date.now())).toBeLessThan(60_000)
})

/** The same with files, as a browser sends it. */
const sendFiles = (parts: Parameters<typeof multipart>[0]) => {
  const { headers, payload } = multipart(parts)
  return app.cloud.http.inject({
    method: 'POST',
    url: '/apply',
    remoteAddress: `10.0.0.${address}`,
    headers: { ...headers, 'sec-fetch-site': 'same-origin' },
    payload,
  })
}
const PHOTO = { name: 'права.jpg', type: 'image/jpeg', text: '\u00ff' }
const licence = { ...PHOTO, name: 'права.pdf', type: 'application/pdf', text: '%PDF-1.4 удостоверение' }

test('A-24: licence and passport sent with the application are in its card, private, once', async () => {
  const fields = { ...filled(), phone: '+79162000024', licence }
  expect((await sendFiles(fields)).statusCode).toBe(303)
  expect((await sendFiles({ ...fields, passport: { ...licence, name: '../../паспорт.pdf' } })).statusCode).toBe(303)
  const card = await until('the card', async () => (await cardsOf('+79162000024'))[0])
  const items = await until('both files', async () => {
    const found = (await read(`/api/cards/${card.id}/documents`)).items
    return found.length === 2 ? found : undefined
  })
  expect(items.map(({ name, addedBy }: { name: string; addedBy: string }) => [name, addedBy]).sort()).toEqual([
    ['паспорт.pdf', 'Анкета'],
    ['права.pdf', 'Анкета'],
  ])
  const url = `/api/documents/${items[0].id}`
  expect((await app.cloud.http.inject({ url })).statusCode).toBe(401)
  // The scan is shown to whoever may see the field: not to whom it is masked, not to whom it is hidden.
  const scan = async (role: string) =>
    (await app.cloud.http.inject({ url, headers: { cookie: await app.as(role) } })).statusCode
  expect([await scan('security'), await scan('manager'), await scan('mechanic')]).toEqual([200, 404, 404])
  const list = await app.cloud.http.inject({
    url: `/api/cards/${card.id}/documents`,
    headers: { cookie: await app.as('mechanic') },
  })
  expect(list.json().items).toEqual([])
})

test('A-24: a file that is not what it says is refused beside its field, and nothing is kept', async () => {
  const answer = await sendFiles({ ...filled(), phone: '+79162000025', licence: PHOTO })
  expect([answer.statusCode, answer.body.includes('Эти файлы мы взять не можем')]).toEqual([400, true])
  expect(await cardsOf('+79162000025')).toEqual([])
})

test('what is missing is said beside its field, what was written stands there, and nothing is kept', async () => {
  const answer = await send({ ...filled(), name: '<b>', phone: '12', consent: '' })
  expect(answer.statusCode).toBe(400)
  expect(answer.body).toContain('Не похоже на номер телефона')
  expect(answer.body).toContain('Без согласия')
  expect(answer.body).toContain('value="&lt;b&gt;"')
  expect(answer.body).not.toContain('<b>"')
  expect(await cardsOf('<b>')).toEqual([])
})

test('a page of another site sends nothing, a program that fills everything is thanked and forgotten', async () => {
  const crossed = await send({ ...filled(), phone: '+79162000002' }, { 'sec-fetch-site': 'cross-site' })
  expect(crossed.statusCode).toBe(403)
  const robot = await send({ ...filled(), phone: '+79162000002', website: 'https://spam.example' })
  expect(robot.statusCode).toBe(303)
  expect(await cardsOf('+79162000002')).toEqual([])
})

test('an address that sends too much is slowed down', async () => {
  const statuses: number[] = []
  for (let sent = 0; sent < 11; sent += 1)
    statuses.push((await send({ ...filled(), phone: '1' }, {}, '10.1.1.1')).statusCode)
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(400))
  expect(statuses[10]).toBe(429)
})
