import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CommissioningSheet } from '../../../cloud/console/api/commissioning.ts'
import { png } from '../../support/pictures.ts'
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

  test('the sheet as it was signed, with its photos: one shown, one damaged, one awaited', async () => {
    const { page, leave } = await visit(browser, '/', { role: 'technician' })
    const photo = (name: string, digit: string, kept = true) => {
      const told = { type: 'image/png', bytes: 2_400_000, location: 'removed', kept } as const
      return { ...told, name, sha256: digit.repeat(64) }
    }
    const step = { outcome: 'passed', at: '2026-11-22T09:00:00Z', facts: ['drift: 2.1 m in 60 s'], note: null } as const
    const sheet: CommissioningSheet = {
      at: '2026-11-22T09:10:00Z',
      by: 'Иванов',
      note: 'реле под панелью',
      vehicle: { vin: 'XZ8LM2C49P1234567', plate: 'Х259АВ77' },
      software: '0.2.0',
      configuration: 2,
      steps: [
        { ...step, step: 'gps' },
        { ...step, step: 'relay', outcome: 'accepted', note: 'стартер снят' },
      ],
      photos: [photo('панель.png', 'a'), photo('fuse.png', 'b'), photo('late.png', 'c', false)],
    }
    await page.route(/\/api\/gateways\/[^/]+\/commissioning/, (route) => {
      const url = route.request().url()
      if (url.endsWith('commissioning')) return route.fulfill({ json: { sheet } })
      if (url.endsWith('b'.repeat(64)))
        return route.fulfill({ status: 500, contentType: 'application/problem+json', body: '{}' })
      return route.fulfill({ contentType: 'image/png', body: png() })
    })
    await page.goto(new URL('/gateways', page.url()).href)
    await page.getByRole('button', { name: 'Акт ввода' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Принято с пояснением').waitFor()
    await dialog.getByText('стартер снят').waitFor()
    const figure = (name: string) => dialog.getByRole('figure').filter({ hasText: name })
    await figure('панель.png').getByText('Сверена с подписью').waitFor()
    await figure('панель.png').getByText('2,3 МБ, место из файла убрано').waitFor()
    await figure('fuse.png').getByText('Снимок не показан').waitFor()
    await figure('late.png').getByText('Подписана, но ещё не загружена').waitFor()
    await leave()
  })

  test('a manager sees the gateways and no way to change them', async () => {
    const { page, leave } = await visit(browser, '/gateways', { role: 'manager' })
    await page.getByText('Реле не проверено').first().waitFor()
    expect(await page.getByRole('button', { name: /Ввести в работу|Отозвать|Новый код|Акт ввода/ }).count()).toBe(0)
    await leave()
  })
})
