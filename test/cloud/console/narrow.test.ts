import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireReal } from '../../support/real-servers.ts'
import { openBrowser, PATIENCE, visit } from './support/browser.ts'

const PHONE = { width: 390, height: 844 }
const CAR = '0192f0c1-7a00-7000-8000-000000000004'

describe.skipIf(!requireReal('chromium'))('a phone of 390 pixels', PATIENCE, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  test.each([
    { path: '/', seen: 'Карта' },
    { path: '/vehicles', seen: 'К440МН' },
    { path: `/vehicles/${CAR}`, seen: 'Причины блокировки' },
    { path: '/gateways', seen: 'Ввести в работу' },
  ])('$path fits without scrolling sideways', async ({ path, seen }) => {
    const { page, leave, broken } = await visit(browser, path, { viewport: PHONE, role: 'owner' })
    await page.getByText(seen).first().waitFor()
    const over = await page.evaluate(() => {
      const content = document.getElementById('content')
      return [
        document.documentElement.scrollWidth - window.innerWidth,
        content === null ? Number.NaN : content.scrollWidth - content.clientWidth,
      ]
    })
    expect(over).toEqual([0, 0])
    expect(broken).toEqual([])
    await leave()
  })

  test('list and map are one touch apart, and the card opens from the list', async () => {
    const { page, leave } = await visit(browser, '/', { viewport: PHONE })
    await page.getByText('Список', { exact: true }).click()
    await page.getByRole('option').filter({ hasText: 'К440МН' }).click()
    await page.getByTestId('vehicle-summary').getByText('Заблокирован').waitFor()
    await page.getByRole('link', { name: 'Открыть карточку' }).click()
    await page.getByRole('heading', { name: 'К440МН 797' }).waitFor()
    await leave()
  })
})
