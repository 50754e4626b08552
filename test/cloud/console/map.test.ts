import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireReal } from '../../support/real-servers.ts'
import { until } from '../../support/until.ts'
import { openBrowser, PATIENCE, visit } from './support/browser.ts'
import { drawn } from './support/drawn.ts'

describe.skipIf(!requireReal('chromium'))('the map in a real browser', PATIENCE, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  test('cars are drawn by the map itself, with plate, state, doubt and age, and nothing comes from elsewhere', async () => {
    const { page, leave, broken, foreign } = await visit(browser, '/')
    await page.getByRole('option').first().waitFor()
    const cars = await drawn(page, 'vehicle')
    const byPlate = new Map(cars.map((car) => [String(car['plate']).replace('\u00a0', ' '), car]))
    expect(byPlate.get('К440МН 797')).toMatchObject({ state: 'blocked', body: 'car-square-stop-trusted', opacity: 1 })
    expect(byPlate.get('М512НО 777')).toMatchObject({ body: 'car-diamond-wait-trusted', heading: 'heading-wait' })
    // Two hours old: pale, without the colour of a state that may have passed, and its age is written beside it.
    expect(byPlate.get('О733РС 777')).toMatchObject({ opacity: 0.5, body: 'car-round-unknown-trusted' })
    expect(byPlate.get('О733РС 777')?.['label']).toContain('2\u00a0ч назад')
    expect((await drawn(page, 'cluster')).length).toBeGreaterThan(0)
    expect(foreign).toEqual([])
    expect(broken).toEqual([])
    await page.getByText('© OpenStreetMap contributors').waitFor()
    await leave()
  })

  test('a car outside the picture is found by a Latin plate, flown to, and opened', async () => {
    const { page, leave } = await visit(browser, '/')
    await page.getByRole('option').first().waitFor()
    await drawn(page, 'vehicle')
    await page.keyboard.press('/')
    await page.keyboard.type('h608')
    await page.getByText('Показано 1 из 12').waitFor()
    await page.keyboard.press('ArrowDown')
    await page.getByTestId('vehicle-summary').getByText('Положение недостоверно').waitFor()
    const seen = await until('the car is on the map', async () => (await drawn(page, 'vehicle'))[0])
    expect(seen).toMatchObject({ body: 'car-round-good-suspect', trusted: false })
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Н608ОР 750' }).waitFor()
    await leave()
  })

  test('a car that moves on the feed moves on the map, and Esc closes its card', async () => {
    const { page, cloud, leave } = await visit(browser, '/')
    const [first] = cloud.vehicles.values()
    if (first === undefined || first.lastKnown === null) throw new Error('the fleet is empty')
    const known = first.lastKnown
    await page.getByRole('option').first().click()
    await page.getByTestId('vehicle-summary').getByText('Едет 43 км/ч').waitFor()
    cloud.report(first.id, (vehicle) => ({
      ...vehicle,
      lastKnown: { ...known, speedKmh: 71, readAt: new Date(Date.parse(known.readAt) + 1000).toISOString() },
    }))
    await page.getByTestId('vehicle-summary').getByText('Едет 71 км/ч').waitFor()
    await page.keyboard.press('Escape')
    await page.getByTestId('vehicle-summary').waitFor({ state: 'detached' })
    await leave()
  })
})
