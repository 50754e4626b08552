import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireReal } from '../../support/real-servers.ts'
import type { RestClient } from '../../support/rest-client.ts'
import { type RunningCloud, startCloud } from '../../support/running-cloud.ts'
import { builtConsole, openBrowser, PATIENCE } from './support/browser.ts'
import { startConsoleFront } from './support/console-front.ts'
import { leaseFleet } from './support/leased-fleet.ts'

describe.skipIf(!requireReal('chromium'))('the pages of leasing over a real cloud', PATIENCE, () => {
  let browser: Browser
  let cloud: RunningCloud
  let front: Awaited<ReturnType<typeof startConsoleFront>>
  let owner: RestClient
  let fleet: Awaited<ReturnType<typeof leaseFleet>>
  let page: Page
  const broken: string[] = []

  beforeAll(async () => {
    ;[browser, cloud] = await Promise.all([openBrowser(), startCloud()])
    front = await startConsoleFront({ dist: await builtConsole(), cloud: cloud.url })
    owner = await cloud.as('owner')
    fleet = await leaseFleet(owner)
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'ru-RU' })
    const data = { login: 'owner', password: 'demo-owner' }
    await context.request.post(`${front.url}/api/session`, { data, headers: { origin: front.url } })
    page = await context.newPage()
    page.on('pageerror', (error) => broken.push(error.message))
  }, 120_000)
  afterAll(async () => {
    await browser.close()
    await front.close()
    await cloud.stop()
  })

  test('a driver is found by name, and a top-up on his card is on his balance', async () => {
    await page.goto(`${front.url}/drivers`)
    await page.getByLabel('Имя или телефон').fill('Иван')
    await page.getByRole('link', { name: 'Иванов Иван Иванович' }).click()
    await page.getByRole('button', { name: 'Пополнить' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Сумма').fill('1250,5')
    await dialog.getByRole('button', { name: 'Провести' }).click()
    await page.getByText('+1 250,50 ₽').waitFor()
    const known = await owner.get(`/api/ledger/postings?driver=${fleet.ivanov}&kind=top-up`)
    expect(known.body.items.map(({ by }: { by: string }) => by)).toEqual(['owner', 'owner'])
    expect(broken).toEqual([])
  })

  test.each([1440, 390])(
    '%i pixels wide, the button that says why a car stands is in the field that says it',
    async (width) => {
      const [car] = (await owner.get('/api/vehicles?limit=1')).body.items
      await page.setViewportSize({ width, height: 900 })
      await page.goto(`${front.url}/vehicles/${car.id}`)
      const field = page.locator('dl > div').filter({ has: page.getByText('Простой', { exact: true }) })
      await field.getByRole('button', { name: 'Указать причину' }).click()
      await page.getByRole('dialog').getByLabel('Пояснение').fill('ждёт фару')
      await page.getByRole('dialog').getByRole('button', { name: 'Указать причину' }).click()
      await field.getByText('ждёт фару').waitFor()
      await field.getByRole('button', { name: 'Вернуть как было' }).click()
      await field.getByText('ждёт фару').waitFor({ state: 'detached' })
      await page.setViewportSize({ width: 1440, height: 900 })
      expect(broken).toEqual([])
    },
  )

  test('a lease says why its car is not handed out, and names the parking before the car comes back', async () => {
    await page.goto(`${front.url}/leases/${fleet.draft}`)
    await page.getByTestId('hindrances').getByText('ОСАГО: документа нет. Сначала внесите').waitFor()
    await page.goto(`${front.url}/leases/${fleet.running}`)
    await page.getByRole('button', { name: 'Принять к сдаче' }).click()
    const dialog = page.getByRole('dialog')
    expect(await dialog.getByRole('button', { name: 'Принять к сдаче' }).isDisabled()).toBe(true)
    await dialog.getByLabel('На какой парковке оставлена машина').fill('Южная')
    await dialog.getByRole('button', { name: 'Принять к сдаче' }).click()
    await page.getByRole('button', { name: 'Завершить договор' }).waitFor()
    const { body } = await owner.get(`/api/leases/${fleet.running}`)
    expect([body.state, body.parking]).toEqual(['returning', 'Южная'])
  })

  test('an overdue inspection is counted, booked and put off with a reason that counts', async () => {
    await page.goto(`${front.url}/inspections`)
    await page.getByText('должно быть 0').waitFor()
    await page.getByRole('link', { name: /А123ВС/ }).click()
    await page.getByRole('button', { name: 'Записать на ТО' }).click()
    const booking = page.getByRole('dialog')
    await booking.getByLabel('Свободное время').selectOption({ index: 1 })
    await booking.getByRole('button', { name: 'Записать на ТО' }).click()
    await page.getByRole('button', { name: 'Перенести' }).click()
    const putting = page.getByRole('dialog')
    await putting.getByLabel('Причина').selectOption({ label: 'Занят на линии' })
    await putting.getByRole('button', { name: 'Перенести' }).click()
    await page.getByText('отложен 1 раз').waitFor()
    const { body } = await owner.get(`/api/vehicles/${fleet.first}/inspection`)
    expect(body.plan.postponed).toBe(1)
  })

  test('a policy that somebody else has just changed is shown, not overwritten', async () => {
    await page.goto(`${front.url}/policies`)
    await page.getByRole('button', { name: 'Изменить: Порог баланса' }).click()
    const now = await owner.get('/api/policies/minBalance')
    const theirs = await page.request.put(`${front.url}/api/policies/minBalance`, {
      data: { value: 450_000, why: 'решение совета' },
      headers: { origin: front.url, 'if-match': `"${now.body.version}"` },
    })
    expect(theirs.status()).toBe(200)
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Почему меняем').fill('зима')
    await dialog.getByRole('button', { name: 'Сохранить' }).click()
    await page.getByTestId('policy-conflict').getByText('решение совета').waitFor()
    expect((await owner.get('/api/policies/minBalance')).body.value).toBe(450_000)
  })

  test('a number that is not saved yet is played over what was, and says whom it would have hit', async () => {
    await page.goto(`${front.url}/policies`)
    await page.getByRole('button', { name: 'Изменить: Порог баланса' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox').first().fill('9000')
    await dialog.getByRole('button', { name: 'Посчитать' }).click()
    await dialog.getByText('Машин задело бы').waitFor()
    expect((await owner.get('/api/policies/minBalance')).body.value).toBe(450_000)
  })

  test('mistakes of a rule stand beside its text by line, and nothing can be saved', async () => {
    await page.goto(`${front.url}/rules/balance_low`)
    await page.getByRole('button', { name: 'Новая версия' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Почему').fill('проба')
    await dialog
      .getByLabel('Текст правила')
      .fill('kind: rule\nid: balance_low\ntitle: x\nif: "nobody.knows > 1"\ndo: []\n')
    await dialog.getByTestId('problems').waitFor()
    expect(await dialog.getByRole('button', { name: 'Сохранить и наблюдать' }).isDisabled()).toBe(true)
    expect(broken).toEqual([])
  })

  test('a circle is drawn by one click, and a permit to leave is given until a day', async () => {
    await page.goto(`${front.url}/zones`)
    await page.getByTestId('map').and(page.locator('[data-ready=true]')).waitFor()
    await page.getByRole('button', { name: 'Нарисовать круг' }).click()
    await page.getByText('Щёлкните по карте в середине круга.').waitFor()
    await page.getByTestId('map').click({ position: { x: 300, y: 250 } })
    const zone = page.getByRole('dialog')
    await zone.getByLabel('Название').fill('Стоянка на Каширке')
    await zone.getByRole('button', { name: 'Сохранить' }).click()
    await page.getByText('Стоянка на Каширке').waitFor()
    await page.getByRole('button', { name: 'Разрешить выезд' }).click()
    const permit = page.getByRole('dialog')
    await permit.getByRole('combobox', { name: 'Машина' }).fill('123')
    await page.getByRole('option', { name: /А123ВС/ }).click()
    await permit.getByLabel('Почему').fill('Рейс в Тулу')
    await permit.getByRole('button', { name: 'Разрешить выезд' }).click()
    await page.getByText('Рейс в Тулу').waitFor()
    const { body } = await owner.get('/api/zones')
    const drawn = body.features.filter(({ properties }: { properties: { editable: boolean } }) => properties.editable)
    expect(drawn.map(({ properties }: { properties: { kind: string } }) => properties.kind)).toEqual(['parking'])
    expect(broken).toEqual([])
  })

  test('a car is added by hand, a plate that is there already is named, and its card opens', async () => {
    await page.goto(`${front.url}/vehicles`)
    const dialog = page.getByRole('dialog')
    await page.getByRole('button', { name: 'Добавить машину' }).press('Enter')
    await dialog.waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    // The keyboard is where it was, so the next Enter opens the dialog again.
    await page.waitForFunction(() => document.activeElement?.textContent === 'Добавить машину')
    await page.keyboard.press('Enter')
    await dialog.getByLabel('Госномер').fill('A123bc 777')
    await dialog.getByLabel('Марка и модель').fill('Lada Vesta')
    await dialog.getByLabel('VIN').fill('XZ8LM2C49P123456O')
    await dialog.getByText('В VIN 17 знаков').waitFor()
    await dialog.getByLabel('VIN').fill('xz8lm2c49 p1234567')
    await dialog.getByRole('button', { name: 'Добавить' }).click()
    await dialog.getByText('Машина с таким госномером уже есть.').waitFor()
    await dialog.getByLabel('Госномер').fill('Н777НН 199')
    await dialog.getByRole('button', { name: 'Добавить' }).click()
    await page.getByRole('heading', { name: 'Н777НН 199' }).waitFor()
    expect(await page.title()).toBe('Н777НН 199 · Kordon')
    expect(broken).toEqual([])
  })
})
