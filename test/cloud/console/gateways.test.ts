import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireReal } from '../../support/real-servers.ts'
import { openBrowser, PATIENCE, visit } from './support/browser.ts'

describe.skipIf(!requireReal('chromium'))('gateways in a real browser', PATIENCE, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  test('a technician gets a code as letters and as a picture, with the time it has left', async () => {
    const { page, cloud, leave } = await visit(browser, '/gateways', { role: 'technician' })
    await page.getByRole('button', { name: 'Ввести в работу' }).click()
    await page.getByRole('combobox', { name: 'Машина' }).fill('x259')
    await page.getByRole('option', { name: /Х259АВ/ }).click()
    await page.getByRole('button', { name: 'Получить код' }).click()
    await page.getByTestId('claim-code').getByText('K7MPQ2XD').waitFor()
    await page.getByText(/Действует ещё 14:\d\d/).waitFor()
    await page.getByRole('img', { name: 'QR-код с кодом K7MPQ2XD' }).waitFor()
    const asked = cloud.seen.filter(({ method, path }) => method === 'POST' && path === '/api/gateways')
    expect(asked.map(({ body }) => body)).toEqual([{ vehicleId: '0192f0c1-7a00-7000-8000-000000000012' }])
    await leave()
  })

  test('revoking wants a second yes', async () => {
    const { page, cloud, leave } = await visit(browser, '/gateways', { role: 'owner' })
    const revoked = () => cloud.seen.filter(({ path }) => path.endsWith('/revoke')).length
    await page.getByRole('button', { name: 'Отозвать' }).first().click()
    const dialog = page.getByRole('dialog')
    expect(await dialog.getByRole('button', { name: 'Отозвать' }).isDisabled()).toBe(true)
    await dialog.getByLabel('Я понимаю, что шлюз отключится').check()
    await dialog.getByRole('button', { name: 'Отозвать' }).click()
    await page.getByText('Шлюз отозван.').waitFor()
    expect(revoked()).toBe(1)
    await leave()
  })

  test('a manager sees the gateways and no way to change them', async () => {
    const { page, leave } = await visit(browser, '/gateways', { role: 'manager' })
    await page.getByText('Реле не проверено').first().waitFor()
    expect(await page.getByRole('button', { name: /Ввести в работу|Отозвать|Новый код/ }).count()).toBe(0)
    await leave()
  })
})
