import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Vehicle } from '../../../cloud/console/api/vehicle.ts'
import { requireReal } from '../../support/real-servers.ts'
import { openBrowser, PATIENCE, visit } from './support/browser.ts'
import type { FakeCloud } from './support/fake-cloud.ts'

const MOVING = '0192f0c1-7a00-7000-8000-000000000001'
const TWICE_HELD = '0192f0c1-7a00-7000-8000-000000000004'
const NOT_TESTED = '0192f0c1-7a00-7000-8000-000000000010'

const badge = (page: Page) => page.getByTestId('immobilizer-state')
const sentHolds = (cloud: FakeCloud) =>
  cloud.seen.filter(({ method, path }) => method === 'POST' && path.endsWith('/holds'))

/** The car's own report: the order advanced and the relay said so. */
const says =
  (change: Partial<Vehicle['immobilizer']>, order: NonNullable<Vehicle['immobilizer']['order']>['state']) =>
  (vehicle: Vehicle) => {
    const known = vehicle.immobilizer.order
    if (known === null) throw new Error('no order to report about')
    const reason = change.waitReason ?? null
    const step = {
      state: order,
      at: new Date().toISOString(),
      reason,
      relay: change.relay ?? null,
      evidence: { speedKmh: 43 },
    }
    const immobilizer = {
      ...vehicle.immobilizer,
      ...change,
      order: { ...known, state: order, steps: [...(known.steps ?? []), step] },
    }
    return { ...vehicle, immobilizer: { ...immobilizer, relayAt: new Date().toISOString() } }
  }

describe.skipIf(!requireReal('chromium'))('blocking in a real browser', PATIENCE, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  test('the badge follows the car and never the click', async () => {
    const { page, cloud, leave, broken } = await visit(browser, `/vehicles/${MOVING}`)
    await page.getByRole('button', { name: 'Заблокировать двигатель' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Заблокировать двигатель А123ВС 777?').waitFor()
    await dialog.getByText('Машина едет 43 км/ч. Запуск будет запрещён после остановки. Причина обязательна.').waitFor()

    await dialog.getByRole('button', { name: 'Заблокировать двигатель' }).click()
    await dialog.getByText('Выберите причину.').waitFor()
    expect(sentHolds(cloud)).toEqual([])

    await dialog.getByLabel('Причина').selectOption('manual')
    await dialog.getByLabel('Пояснение').fill('Не отвечает третий день')
    await dialog.getByRole('button', { name: 'Заблокировать двигатель' }).click()
    await page.getByTestId('why-not-yet').getByText('Команда на блокировку отправлена').waitFor()
    expect(sentHolds(cloud).map(({ body }) => body)).toEqual([{ reason: 'manual', note: 'Не отвечает третий день' }])
    expect(await badge(page).getAttribute('data-state')).toBe('permitted')

    cloud.report(MOVING, says({ state: 'blockWaiting', waitReason: 'moving' }, 'waiting'))
    await badge(page).getByText('Ждёт блокировки').waitFor()
    await page.getByTestId('why-not-yet').getByText('Ждём остановки. Машина в движении, последнее сообщение').waitFor()

    cloud.report(MOVING, says({ state: 'blocked', relay: 'open', waitReason: null }, 'verified'))
    await badge(page).getByText('Заблокирован').waitFor()
    // The steps are read again with every word of the car.
    await page.getByTestId('order').getByRole('listitem').filter({ hasText: 'Машина в движении' }).waitFor()
    await page.getByTestId('order').getByRole('listitem').filter({ hasText: 'Выполнена, реле подтвердило' }).waitFor()
    await page
      .getByTestId('relay-words')
      .getByText(/^Заблокирован, реле подтвердило в \d\d:\d\d\.$/)
      .waitFor()
    expect(broken).toEqual([])
    await leave()
  })

  test('lifting one of two holds says what still stands', async () => {
    const { page, leave } = await visit(browser, `/vehicles/${TWICE_HELD}`)
    await page.getByTestId('holds').getByRole('button', { name: 'Снять' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText(/Машина останется заблокированной: вне зоны с/).waitFor()
    await dialog.getByLabel('Пояснение').fill('Оплата поступила')
    await dialog.getByRole('button', { name: 'Снять' }).click()
    await page.getByText(/Причина снята, но машина остаётся заблокированной: вне зоны с/).waitFor()
    expect(await badge(page).getAttribute('data-state')).toBe('blocked')
    await leave()
  })

  test('unblocking ticks none of several holds by itself, and names what would remain', async () => {
    const { page, cloud, leave } = await visit(browser, `/vehicles/${TWICE_HELD}`)
    await page.getByRole('button', { name: 'Разблокировать' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText(/Машина останется заблокированной: баланс с .*, вне зоны с/).waitFor()
    expect(await dialog.getByRole('button', { name: 'Разблокировать' }).isDisabled()).toBe(true)
    await dialog.getByLabel(/^баланс с/).check()
    await dialog.getByLabel(/^вне зоны с/).check()
    await dialog.getByText('Других причин нет').waitFor()
    await dialog.getByRole('button', { name: 'Разблокировать' }).click()
    await page.getByText('Причина снята. Ждём ответа машины.').waitFor()
    expect(cloud.seen.filter(({ method }) => method === 'DELETE')).toHaveLength(2)
    expect(await badge(page).getAttribute('data-state')).toBe('blocked')
    await leave()
  })

  test('a car whose relay was never tested cannot be blocked, and the page says why', async () => {
    const { page, leave } = await visit(browser, `/vehicles/${NOT_TESTED}`)
    await page.getByText('Реле не проверено техником. Заблокировать нельзя.').waitFor()
    expect(await page.getByRole('button', { name: 'Заблокировать двигатель' }).isDisabled()).toBe(true)
    await leave()
  })

  test('a role that may not block sees the state and no button', async () => {
    const { page, leave } = await visit(browser, `/vehicles/${MOVING}`, { role: 'dispatcher' })
    await badge(page).getByText('Запуск разрешён').waitFor()
    expect(await page.getByRole('button', { name: 'Заблокировать двигатель' }).count()).toBe(0)
    await leave()
  })
})
