import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { GatewayConfiguration, WantedConfiguration } from '../../../cloud/console/api/gateway-configuration.ts'
import { requireReal } from '../../support/real-servers.ts'
import { openBrowser, PATIENCE, visit } from './support/browser.ts'

const document = { devices: [{ id: 'gps', profile: 'ebyte-e108-d01' }], sampling: { movingMs: 1000, parkedMs: 30_000 } }

/** Says what a gateway would: nothing is in force before the test has it said so. */
function gatewayBehind() {
  const versions: WantedConfiguration[] = []
  const asked: Record<string, unknown>[] = []
  const said: { now: Pick<GatewayConfiguration, 'standing' | 'reported'> } = {
    now: { standing: 'none', reported: null },
  }
  const view = (): GatewayConfiguration => ({ ...said.now, desired: versions[0] ?? null })
  return {
    asked,
    view,
    versions,
    says: (standing: GatewayConfiguration['standing'], reported: Partial<GatewayConfiguration['reported']>) => {
      const applied = { version: 1, hash: '1'.repeat(64), source: 'cloud' as const }
      const quiet = { errors: [], waitingFor: null, applied, document: null, overrideHash: null }
      said.now = { standing, reported: { ...quiet, at: new Date().toISOString(), ...reported } }
    },
    put: (body: Record<string, unknown>): GatewayConfiguration => {
      asked.push(body)
      const version = versions.length + 1
      const whole = { ...document, ...Object(body['document']), version, aud: 'gw-x', issuedAt: 1 }
      const at = new Date().toISOString()
      versions.unshift({ version, hash: String(version), document: whole, note: String(body['note']), by: 'head', at })
      said.now = { ...said.now, standing: 'pending' }
      return view()
    },
  }
}

describe.skipIf(!requireReal('chromium'))('the configuration of a gateway in a real browser', PATIENCE, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  const opened = async () => {
    const gateway = gatewayBehind()
    const { page, leave } = await visit(browser, '/', { role: 'technician' })
    await page.route(/\/api\/gateways\/[^/]+\/configuration(\/versions)?(\?.*)?$/, async (route) => {
      const request = route.request()
      if (request.method() === 'PUT') return route.fulfill({ json: gateway.put(request.postDataJSON()) })
      if (request.url().includes('/versions'))
        return route.fulfill({ json: { items: gateway.versions, nextCursor: null } })
      return route.fulfill({ json: gateway.view() })
    })
    await page.goto(new URL('/gateways', page.url()).href)
    await page.getByRole('button', { name: 'Настройки' }).first().click()
    const dialog = page.getByRole('dialog')
    return { gateway, dialog, standing: dialog.getByTestId('configuration-standing'), leave }
  }

  test('sent, applied only by the gateway’s word, refused with its reasons, and an earlier version sent again', async () => {
    const { gateway, dialog, standing, leave } = await opened()
    await standing.getByText('Отсюда настроек не задавали').waitFor()
    await dialog.getByRole('button', { name: 'Изменить' }).click()
    await dialog.getByLabel('Настройки (JSON)').fill('{"devices": [')
    await dialog.getByRole('button', { name: 'Отправить' }).click()
    await dialog.getByText('Это не JSON').waitFor()
    await dialog.getByLabel('Настройки (JSON)').fill(JSON.stringify(document))
    await dialog.getByLabel('Зачем').fill('первая установка')
    await dialog.getByRole('button', { name: 'Отправить' }).click()
    await standing.getByText('Версия 1 отправлена. Шлюз ещё не ответил.').waitFor()
    gateway.says('waiting', { waitingFor: 'ignition-on' })
    await dialog.getByText('Ждёт, пока выключат зажигание.').waitFor()
    gateway.says('applied', {})
    await standing.getByText('Шлюз работает с версией 1.').waitFor()

    gateway.put({ document: { batch: { sendEveryMs: 60_000 } }, note: 'реже' })
    gateway.says('refused', { errors: ['batch: too seldom for this car'] })
    await standing.getByText('Шлюз отказался от версии 2 и работает с прежними настройками.').waitFor()
    await dialog.getByText('batch: too seldom for this car').waitFor()
    await dialog.getByText('Версия 1, отсюда').waitFor()
    await dialog.getByRole('button', { name: 'Изменить' }).click()
    await dialog.getByRole('button', { name: 'Отмена' }).click()
    await dialog.getByRole('button', { name: 'Вернуть версию 1' }).click()
    await dialog.getByRole('button', { name: 'Отправить' }).click()
    await standing.getByText('Версия 3 отправлена').waitFor()
    expect(gateway.asked.at(-1)).toEqual({ document, note: 'вернули версию 1', reconciles: null, baseVersion: 2 })
    await leave()
  })

  test('a technician’s change at the car is named before anything takes its place', async () => {
    const { gateway, dialog, standing, leave } = await opened()
    gateway.put({ document: {}, note: '' })
    const theirs = { ...document, sampling: { movingMs: 1000, parkedMs: 90_000 } }
    const override = '7'.repeat(64)
    gateway.says('local-override', {
      document: theirs,
      overrideHash: override,
      applied: { version: 7, hash: override, source: 'local' },
    })
    await standing.getByText('Техник изменил настройки у машины').waitFor()
    await dialog.getByText('Отличается: sampling').waitFor()
    await dialog.getByText('Версия 7, от техника').waitFor()
    await dialog.getByRole('button', { name: 'Принять настройки техника' }).click()
    await dialog.getByText('Это заменит настройки, которые техник сделал у машины.').waitFor()
    await dialog.getByRole('button', { name: 'Отправить' }).click()
    await standing.getByText('Версия 2 отправлена').waitFor()
    expect(gateway.asked.at(-1)).toMatchObject({ document: theirs, reconciles: override, baseVersion: 1 })
    await leave()
  })
})
