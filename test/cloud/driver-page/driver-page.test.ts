import { mkdirSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import { newDriver, WEEKDAY_RATES } from '../../support/leasing-house.ts'
import { findReal, requireReal } from '../../support/real-servers.ts'
import { until } from '../../support/until.ts'

let app: CloudApp
let owner: string
const PHONE = '+79165550101'
const made: { vehicle: string; driver: string } = { vehicle: '', driver: '' }

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
const ask = (cookie: string, method: Method, url: string, payload?: object) =>
  app.cloud.http.inject({ method, url, headers: { cookie }, ...(payload === undefined ? {} : { payload }) })
const own = async (method: Method, url: string, payload?: object) => {
  const answer = await ask(owner, method, url, payload)
  if (answer.statusCode >= 300) throw new Error(`${method} ${url}: ${answer.body}`)
  return answer.body === '' ? undefined : answer.json()
}
const messagesOf = async (kind: string): Promise<readonly string[]> => {
  const { items } = await own('GET', '/api/messages')
  const found = z.array(z.looseObject({ kind: z.string(), text: z.string() })).parse(items)
  return found.filter((one) => one.kind === kind).map(({ text }) => text)
}
const codeOf = async () => /\d{6}/.exec((await messagesOf('sign_in_code'))[0] ?? '')?.[0] ?? ''

beforeAll(async () => {
  app = await startCloudApp()
  owner = await app.as('owner')
  made.vehicle = (await own('POST', '/api/vehicles', { plate: 'А123ВС777', model: 'Kia Rio' })).id
  made.driver = (await own('POST', '/api/drivers', { ...newDriver(), phones: [{ phone: PHONE }] })).id
  for (const kind of ['dk', 'osago', 'osgop'])
    await own('POST', `/api/vehicles/${made.vehicle}/papers`, { kind, number: '1', validUntil: '2040-12-31' })
  const rates = WEEKDAY_RATES.map(() => 250_000)
  const terms = { vehicleId: made.vehicle, plan: 'rent', drivers: [{ driverId: made.driver }], startsOn: '2020-01-01' }
  const lease = await own('POST', '/api/leases', { ...terms, schedule: { rates } })
  await own('POST', `/api/leases/${lease.id}/activate`)
  const paid = { driverId: made.driver, kopecks: 681_000, via: 'bank', key: 'x', note: '' }
  await own('POST', '/api/ledger/top-ups', paid)
  const hours = { opens: '00:00', closes: '23:59', slotMinutes: 120, weekdays: [0, 1, 2, 3, 4, 5, 6] }
  await own('POST', '/api/inspection-stations', {
    name: 'Станция на Рябиновой',
    address: 'Рябиновая, 1',
    boxes: 2,
    ...hours,
  })
}, 120_000)
afterAll(() => app.stop())

test('a number that nobody has is answered alike, a wrong code is refused, and the right one opens his page alone', async () => {
  const asked = async (phone: string) => ask('', 'POST', '/api/driver/code', { phone })
  const [known, unknown] = [await asked(PHONE), await asked('+79165559999')]
  expect([known.statusCode, known.body]).toEqual([unknown.statusCode, unknown.body])
  expect(await messagesOf('sign_in_code')).toHaveLength(1)
  const code = await codeOf()
  const wrong = code === '000000' ? '111111' : '000000'
  const refused = await ask('', 'POST', '/api/driver/session', { phone: PHONE, code: wrong })
  const strange = await ask('', 'POST', '/api/driver/session', { phone: '+79165559999', code: wrong })
  expect([refused.json().code, strange.json().code]).toEqual(['driver-page/wrong-code', 'driver-page/wrong-code'])
  const entered = await ask('', 'POST', '/api/driver/session', { phone: PHONE, code })
  expect(entered.statusCode).toBe(204)
  const again = await ask('', 'POST', '/api/driver/session', { phone: PHONE, code })
  expect(again.statusCode).toBe(403)
  const [cookie] = entered.cookies
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' })
  const driver = `${cookie?.name}=${cookie?.value}`

  await until('his coming in, and the tries, are on record', async () => {
    const { items } = await own('GET', '/api/audit?kind=sign-in')
    const told = z.array(z.looseObject({ by: z.looseObject({ id: z.string() }), data: z.looseObject({}) })).parse(items)
    const ofDoor = told.filter(({ data }) => data['phone'] === PHONE).map(({ by, data }) => `${data['event']} ${by.id}`)
    return ofDoor.toSorted().join() === `refused ,refused ,signed-in ${made.driver}`
  })

  const state = (await ask(driver, 'GET', '/api/driver/me')).json()
  expect(state).toMatchObject({
    vehicle: { plate: 'А123ВС777' },
    balance: { kopecks: 431_000, minKopecks: 500_000 },
    lease: { chargeTodayKopecks: 250_000, main: true, onShift: true },
    unlock: { may: 'no' },
  })
  for (const url of [
    '/api/vehicles',
    '/api/drivers',
    '/api/leases',
    '/api/messages',
    '/api/appeals',
    `/api/vehicles/${made.vehicle}`,
  ])
    expect((await ask(driver, 'GET', url)).statusCode, url).toBe(403)
  expect((await ask(owner, 'GET', '/api/driver/me')).statusCode).toBe(403)

  const promise = { kopecks: 200_000, until: new Date(Date.now() + 3_600_000).toISOString() }
  expect((await ask(driver, 'POST', '/api/driver/promise', promise)).json().promise.open.kopecks).toBe(200_000)
  expect((await ask(driver, 'POST', '/api/driver/promise', promise)).json().code).toBe('promise/refused')

  expect((await ask(driver, 'POST', '/api/driver/appeal', { reason: 'Я оплатил вчера' })).statusCode).toBe(200)
  expect((await ask(driver, 'POST', '/api/driver/appeal', { reason: 'ещё раз' })).json().code).toBe('appeal/open')
  const [appeal] = (await own('GET', '/api/appeals?state=open')).items
  await own('POST', `/api/appeals/${appeal.id}/answer`, { answer: 'Платёж нашли.' })
  expect(await messagesOf('appeal_answered')).toEqual(['Ответ на ваше обращение: Платёж нашли.'])
  expect((await ask(driver, 'POST', '/api/driver/unlock-code')).json().code).toBe('driver-page/no-code')

  const { items } = (await ask(driver, 'GET', '/api/driver/slots')).json()
  const slot = { stationId: items[0].stationId, at: items[0].slots[1] }
  const booked = (await ask(driver, 'POST', '/api/driver/visit', slot)).json()
  expect(booked.inspection).toMatchObject({ postponed: 0, maxPostpones: 2, visit: { station: 'Станция на Рябиновой' } })
  const put = { reason: 'busy', next: { ...slot, at: items[0].slots[3] } }
  expect((await ask(driver, 'POST', '/api/driver/visit/postpone', put)).json().inspection.postponed).toBe(1)
  await ask(driver, 'DELETE', '/api/driver/session')
  expect((await ask(driver, 'GET', '/api/driver/me')).statusCode).toBe(401)
})

const shot = async (page: Page, name: string): Promise<void> => {
  const folder = process.env['KORDON_SCREENSHOTS']
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: `${folder}/driver-${name}.png`, fullPage: true })
}

test.runIf(requireReal('chromium'))(
  'on a phone with a bad network he signs in, sees why and what to do; without a network the last state is shown with its age',
  async () => {
    let browser: Browser | undefined
    const network = await startFaultProxy(Number(new URL(app.started.url).port), { oneWayMs: 150, loss: 0.02 })
    const url = `http://127.0.0.1:${network.port}/d`
    try {
      const args = [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
      ]
      browser = await chromium.launch({ executablePath: findReal('chromium') ?? '', args })
      const context = await browser.newContext({ viewport: { width: 360, height: 740 }, locale: 'ru-RU' })
      const page = await context.newPage()
      const broken: string[] = []
      page.on('pageerror', (error) => broken.push(error.message))
      page.on('console', (line) => line.text().includes('Content Security') && broken.push(line.text()))
      await page.goto(url)
      expect(await page.getByRole('button', { name: 'Выйти' }).isVisible()).toBe(false)
      await shot(page, 'sign-in')
      await page.getByLabel('Номер телефона').fill('8 (916) 555-01-01')
      await page.getByRole('button', { name: 'Получить код' }).click()
      await page.getByLabel('Код из сообщения').waitFor()
      await page.getByLabel('Код из сообщения').fill(await codeOf())
      await page.getByRole('button', { name: 'Войти' }).click()
      await page.getByText('4 310 ₽').first().waitFor()
      await page.getByText('Ниже порога 5 000 ₽ на 690 ₽.').waitFor()
      await page.getByText('Хочу сдать машину').waitFor()
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
      await shot(page, 'ru')
      await page.getByRole('button', { name: 'EN' }).click()
      await page.getByText(/Below the threshold/).waitFor()
      await shot(page, 'en')
      await page.getByRole('button', { name: 'RU' }).click()
      await page.waitForFunction('navigator.serviceWorker.controller !== null')
      await context.setOffline(true)
      await page.reload()
      await page.getByText(/Нет связи. Данные получены/).waitFor()
      await page.getByText('4 310 ₽').first().waitFor()
      await shot(page, 'offline')
      await context.setOffline(false)
      // A network that takes everything and brings nothing: what was kept opens all the same.
      network.set({ halfOpen: true })
      await page.goto(url, { waitUntil: 'commit' })
      await page.getByText('4 310 ₽').first().waitFor({ timeout: 60_000 })
      expect(broken).toEqual([])
    } finally {
      await browser?.close()
      await network.close()
    }
  },
  90_000,
)
