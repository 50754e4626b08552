import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireReal } from '../../support/real-servers.ts'
import { openBrowser, PATIENCE, visit } from './support/browser.ts'

describe.skipIf(!requireReal('chromium'))('the live connection in a real browser', PATIENCE, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  test('a lost connection is announced with its age; after it returns everything is read again', async () => {
    const { page, cloud, leave } = await visit(browser, '/vehicles')
    await page
      .getByRole('row', { name: /Е317КМ/ })
      .getByText('Запуск разрешён')
      .waitFor()
    cloud.dropLive()
    await page
      .getByTestId('link-banner')
      .getByText(/Нет связи с сервером\..*На экране данные на \d\d:\d\d:\d\d/)
      .waitFor()
    // Changed while nobody listened: no event will ever tell.
    const missed = [...cloud.vehicles.values()].find(({ plate }) => plate === 'Е317КМ777')
    if (missed === undefined) throw new Error('no such car')
    const immobilizer = { ...missed.immobilizer, state: 'blocked', relay: 'open' } as const
    cloud.vehicles.set(missed.id, { ...missed, immobilizer })
    cloud.restoreLive()
    await page
      .getByRole('row', { name: /Е317КМ/ })
      .getByText('Заблокирован')
      .waitFor()
    await page.getByTestId('link-banner').waitFor({ state: 'detached' })
    expect(cloud.seen.filter(({ path }) => path === '/api/live').length).toBeGreaterThan(1)
    expect(await page.title()).toBe('Машины · Kordon')
    // The feed lives and one reading fails: what stays on screen is said to be old, and why.
    cloud.state.refused = 'vehicles'
    cloud.dropLive()
    cloud.restoreLive()
    const stale = page.getByTestId('stale')
    await stale.getByText(/Ваша роль этого не позволяет\. На экране данные на \d\d:\d\d/).waitFor()
    await page.getByRole('row', { name: /Е317КМ/ }).waitFor()
    cloud.state.refused = ''
    await stale.getByRole('button', { name: 'Повторить' }).click()
    await stale.waitFor({ state: 'detached' })
    // A cable that is pulled ends no connection; the page says so before the silence is long enough to be noticed.
    await page.context().setOffline(true)
    await page.getByTestId('link-banner').waitFor({ timeout: 40_000 })
    await page.context().setOffline(false)
    await page.getByTestId('link-banner').waitFor({ state: 'detached' })
    await leave()
  })
})
