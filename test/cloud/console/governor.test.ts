import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Governor } from '../../../cloud/console/api/governor.ts'
import { requireReal } from '../../support/real-servers.ts'
import { openBrowser, PATIENCE, visit } from './support/browser.ts'

const TWICE_HELD = '0192f0c1-7a00-7000-8000-000000000004'

const calm: Governor = {
  signer: 'up',
  switch: { mode: 'running', reason: '', by: 'signer', at: '2026-11-21T10:00:00Z' },
  policy: {
    automaticPerHour: 20,
    automaticShareOfFleetPercent: 25,
    vehiclesPerTenMinutes: 5,
    minutesBetweenBlocks: 10,
    hoursBeforeApproverCounts: 24,
    approvalCodes: 'without-passkey',
  },
  usage: { automaticLastHour: 1, automaticLastDay: 2, vehiclesLastTenMinutes: 5 },
  approvers: [],
  storage: 'disk',
  waiting: [],
}
const down: Governor = { ...calm, signer: 'down', switch: null, policy: null, usage: null, storage: null }

/** What the cloud says of the governor from now on, and what it was asked meanwhile. */
async function says(page: Page, governor: Governor): Promise<unknown[]> {
  const asked: unknown[] = []
  await page.unroute('**/api/governor**')
  await page.route('**/api/governor**', async (route) => {
    if (route.request().method() === 'POST') asked.push(route.request().postDataJSON())
    await route.fulfill({ json: governor })
  })
  await page.reload()
  return asked
}

describe.skipIf(!requireReal('chromium'))('control of blocks in a real browser', PATIENCE, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  test('a signer that does not answer is said on every page, and no longer once it does', async () => {
    const { page, leave, broken } = await visit(browser, '/vehicles')
    await says(page, down)
    await page.getByTestId('signer-banner').getByText('Подписание команд не отвечает').waitFor()
    await says(page, calm)
    await page.getByRole('heading', { name: 'Машины' }).waitFor()
    await page.getByTestId('signer-banner').waitFor({ state: 'detached' })
    expect(broken).toEqual([])
    await leave()
  })

  test('the master switch wants a reason, and shows what the signer answered', async () => {
    const { page, leave } = await visit(browser, '/governor', { role: 'owner' })
    const asked = await says(page, calm)
    const stop = page.getByRole('button', { name: 'Остановить все блокировки' })
    await stop.waitFor()
    expect(await stop.isDisabled()).toBe(true)
    await page.getByLabel('Почему').fill('подмена сигнала')
    await stop.click()
    await expect.poll(() => asked).toEqual([{ mode: 'unblock-only', reason: 'подмена сигнала' }])
    // Answered with the old state: the page shows that and not the wish.
    expect(await page.getByTestId('switch-mode').getAttribute('data-mode')).toBe('running')
    await leave()
  })

  test('a one-time code is asked for with its reason, shown large, and gone with the dialog', async () => {
    const { page, leave } = await visit(browser, `/vehicles/${TWICE_HELD}`)
    const asked: unknown[] = []
    await page.route('**/unlock-code', async (route) => {
      asked.push(route.request().postDataJSON())
      await route.fulfill({ status: 201, json: { code: '1234 5678', counter: 7, validFor: 'once' } })
    })
    await page.getByRole('button', { name: 'Аварийный код' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Кому и зачем').fill('водитель Петров')
    await dialog.getByLabel('Номер на странице шлюза').fill('7')
    await dialog.getByRole('button', { name: 'Выдать код' }).click()
    await dialog.getByTestId('unlock-code').getByText('1234 5678').waitFor()
    expect(asked).toEqual([{ note: 'водитель Петров', shown: 7 }])
    await dialog.getByRole('button', { name: 'Закрыть' }).last().click()
    await page.getByTestId('unlock-code').waitFor({ state: 'detached' })
    await leave()
  })

  test('a grace is given for the hours chosen, and its end stands on the car’s page', async () => {
    const { page, cloud, leave } = await visit(browser, `/vehicles/${TWICE_HELD}`)
    const asked: { until: string; note: string }[] = []
    await page.route('**/grace', async (route) => {
      asked.push(route.request().postDataJSON())
      await route.fulfill({ status: 202, json: { grace: null, order: null, holds: [] } })
    })
    await page.getByRole('button', { name: 'Отложенный пуск' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('На сколько').selectOption('4')
    await dialog.getByLabel('Пояснение').fill('едет в парк')
    await dialog.getByRole('button', { name: 'Разрешить пуск' }).click()
    await dialog.waitFor({ state: 'detached' })
    const hours = (Date.parse(asked[0]?.until ?? '') - Date.now()) / 3_600_000
    expect(hours).toBeGreaterThan(3.9)
    expect(hours).toBeLessThan(4.1)
    const by = { kind: 'user', id: 'u1', name: 'olga' }
    cloud.report(TWICE_HELD, (vehicle) => ({
      ...vehicle,
      immobilizer: {
        ...vehicle.immobilizer,
        grace: { until: '2026-11-24T11:05:00Z', note: 'едет в парк', givenBy: by, givenAt: '2026-11-24T07:05:00Z' },
      },
    }))
    await page
      .getByTestId('grace')
      .getByText(/Отложенный пуск до 24 ноября.*14:05 \(МСК\), разрешил olga/)
      .waitFor()
    await page.getByTestId('grace').getByRole('button', { name: 'Завершить' }).waitFor()
    await leave()
  })
})
