import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'
import { findReal, requireReal } from '../../support/real-servers.ts'
import { besideBorder, taxiHouse } from '../../support/taxi-house.ts'
import { until } from '../../support/until.ts'

const PHONE = '+79165550202'
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']

describe.runIf(requireReal('chromium'))(
  'everything a driver can do on his page, with a network that loses answers',
  () => {
    let house: CloudApp
    let park: ReturnType<typeof taxiHouse>
    let browser: Browser
    let page: Page
    let driver: string

    beforeAll(async () => {
      house = await startCloudApp()
      park = taxiHouse(house)
      const car = await park.car('А123ВС777')
      driver = await park.driver({ phones: [{ phone: PHONE, main: true }], channels: [] })
      await park.lease(car.id, [driver])
      await car.drive(besideBorder().inside, -110, -40)
      const hours = { opens: '00:00', closes: '23:59', slotMinutes: 120, weekdays: [0, 1, 2, 3, 4, 5, 6] }
      await park.as('owner', 'POST', '/api/inspection-stations', {
        name: 'Станция',
        address: 'Дом 1',
        boxes: 2,
        ...hours,
      })
      await park.as('owner', 'POST', '/api/ledger/top-ups', {
        driverId: driver,
        kopecks: 100,
        via: 'cash',
        key: 'k',
        note: '',
      })
      await until('his debt holds the car', async () => (await park.reasons(car.id)).includes('balance'))
      browser = await chromium.launch({ executablePath: findReal('chromium') ?? '', args: ARGS })
      page = await (await browser.newContext({ viewport: { width: 360, height: 740 }, locale: 'ru-RU' })).newPage()
      await page.goto(`${house.started.url}/d`)
      await page.getByLabel('Номер телефона').fill(PHONE)
      await page.getByRole('button', { name: 'Получить код' }).click()
      await page.getByLabel('Код из сообщения').waitFor()
      const { items } = await park.as('owner', 'GET', `/api/messages?driver=${driver}`)
      const code = /\d{6}/.exec(items.find(({ kind }: { kind: string }) => kind === 'sign_in_code').text)?.[0] ?? ''
      await page.getByLabel('Код из сообщения').fill(code)
      await page.getByRole('button', { name: 'Войти' }).click()
      await page.getByText('Баланс ниже порога').waitFor()
    }, 120_000)
    afterAll(async () => {
      await browser?.close()
      await house?.stop()
    }, 60_000)

    const open = (name: string) => page.locator('summary', { hasText: name }).first().click()

    test('«Это ошибка»: the answer is lost on the way, he presses again, and there is one appeal', async () => {
      await page.route(
        '**/api/driver/appeal',
        async (route) => {
          // The house has heard it; the phone never learns.
          await route.fetch()
          await route.abort('connectionreset')
        },
        { times: 1 },
      )
      await open('Это ошибка')
      await page.getByLabel('Что не так?').fill('Я оплатил вчера')
      await page.getByRole('button', { name: 'Отправить' }).click()
      await page.getByText('Нет связи. Повторяем…').first().waitFor()
      expect(await page.getByLabel('Что не так?').inputValue()).toBe('Я оплатил вчера')
      await page.getByRole('button', { name: 'Отправить' }).click()
      await page.getByText(/ждёт ответа: «Я оплатил вчера»/).waitFor()
      const { items } = await park.as('owner', 'GET', '/api/appeals?state=open')
      expect(items).toHaveLength(1)
      await park.as('owner', 'POST', `/api/appeals/${items[0].id}/answer`, { answer: 'Платёж ищем.' })
    }, 60_000)

    test('«Доехать до парковки»: asked once, given by the rule, and not offered again', async () => {
      await open('Доехать до парковки')
      await page.getByRole('button', { name: 'Доехать до парковки' }).click()
      await page.getByText(/можно заводить, чтобы доехать/).waitFor({ timeout: 20_000 })
      expect(await page.getByRole('button', { name: 'Доехать до парковки' }).count()).toBe(0)
      const { items } = await park.as('owner', 'GET', '/api/permits')
      expect(items).toMatchObject([{ permit: 'drive_to_park', state: 'in-force' }])
    }, 60_000)

    test('the one-time code is shown once', async () => {
      await open('Аварийный код')
      await page.getByRole('button', { name: 'Показать код' }).click()
      await page.locator('.key').waitFor()
      expect(await page.locator('.key').textContent()).toMatch(/^[\d -]{6,}$/)
    }, 60_000)

    test('an inspection is booked and put off, with the count of what is left', async () => {
      await page.reload()
      await open('Записаться')
      await page.locator('.slots button').first().click()
      await page.getByText('Вы записаны').waitFor()
      await open('Перенести')
      await open('Новое время')
      await page.locator('.slots button').nth(2).click()
      await page.getByText('1 из 2').waitFor()
    }, 60_000)

    test('a promise lifts the hold, and a slow network shows nothing before the house has said it', async () => {
      await page.route(
        '**/api/driver/promise',
        async (route) => {
          await new Promise((done) => setTimeout(done, 700))
          await route.continue()
        },
        { times: 1 },
      )
      await open('Обещаю оплатить')
      await page.getByLabel(/Сумма/).fill('5000')
      await page.getByRole('button', { name: 'Обещаю' }).click()
      expect(await page.getByText('Вы обещали оплатить').count()).toBe(0)
      await page.getByText(/Вы обещали оплатить 5\s000\s₽/).waitFor()
      const { items } = await park.as('owner', 'GET', `/api/ledger/promises?driver=${driver}`)
      expect(items).toMatchObject([{ kopecks: 500_000, state: 'open' }])
    }, 60_000)

    test('«Хочу сдать машину» ends the lease as it should be ended', async () => {
      await open('Хочу сдать машину')
      await page.locator('#where').fill('База на Рязанском')
      await page.getByRole('button', { name: /Сообщить парку|сдаю/i }).click()
      await page.getByText(/сдаёте/).waitFor()
      const { items } = await park.as('owner', 'GET', '/api/leases')
      expect(items).toMatchObject([{ state: 'returning' }])
    }, 60_000)
  },
)
