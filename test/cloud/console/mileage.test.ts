import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireReal } from '../../support/real-servers.ts'
import { openBrowser, PATIENCE, visit } from './support/browser.ts'

describe.skipIf(!requireReal('chromium'))('kilometres of a day in a real browser', PATIENCE, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  test('each gap says its cause, a day counted anew keeps its old value and says why, and files come from the server', async () => {
    const { page, broken, leave } = await visit(browser, '/vehicles/0192f0c1-7a00-7000-8000-000000000001')
    const day = page.getByRole('region', { name: 'Пробег за день' })
    await day.getByText('Разрывы: 1').click()
    await day.getByText('машина была не на связи').waitFor()
    await day.getByText('Пересчитан: 1').click()
    const revisions = day.getByTestId('revisions').getByRole('listitem')
    expect(await revisions.allTextContents()).toEqual([
      expect.stringMatching(/31,2.*первый подсчёт/),
      expect.stringMatching(/34,6.*данные пришли позже/),
    ])
    await page.getByTestId('missing-records').getByText('Ещё не пришло 12 записей шлюза').waitFor()
    await page.getByRole('button', { name: 'Выгрузить путь' }).click()
    for (const kind of ['GPX', 'CSV', 'GeoJSON']) {
      const link = await page.getByRole('menuitem', { name: kind, exact: true }).getAttribute('href')
      expect(link).toMatch(new RegExp(`^/api/vehicles/[0-9a-f-]+/track\\.${kind.toLowerCase()}\\?from=.+&to=.+`))
    }
    expect(broken).toEqual([])
    await leave()
  })
})
