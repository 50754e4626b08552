import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Governor } from '../../../cloud/console/api/governor.ts'
import { createPasskeyStore } from '../../../cloud/signer/passkey-store.ts'
import { DEFAULT_POLICY } from '../../../cloud/signer/signer-policy.ts'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'
import { requireReal } from '../../support/real-servers.ts'
import { createRestClient } from '../../support/rest-client.ts'
import { systemClock } from '../../support/system-clock.ts'
import { builtConsole, openBrowser, PATIENCE, visit } from './support/browser.ts'
import { startConsoleFront } from './support/console-front.ts'

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

describe.skipIf(!requireReal('chromium'))('a second person with a passkey, over a real cloud', PATIENCE, () => {
  let browser: Browser
  let house: CloudApp
  let front: Awaited<ReturnType<typeof startConsoleFront>>
  let home = ''
  let cloudUrl = ''
  beforeAll(async () => {
    browser = await openBrowser()
    front = await startConsoleFront({ dist: await builtConsole(), cloud: () => cloudUrl })
    // A passkey belongs to a name, and an address of numbers has none.
    home = front.url.replace('127.0.0.1', 'localhost')
    // Every block of one person waits for another.
    const signerPolicy = { ...DEFAULT_POLICY, vehiclesPerTenMinutes: 0 }
    house = await startCloudApp({ KORDON_PUBLIC_URL: home }, undefined, { signerPolicy })
    const listening = house.cloud.http.server.address()
    if (listening === null || typeof listening === 'string') throw new Error('the cloud does not listen')
    cloudUrl = `http://127.0.0.1:${listening.port}`
  }, 120_000)
  afterAll(async () => {
    await browser.close()
    await front.close()
    await house.stop()
  })

  test('brings it with a word, reads its thumbprint out, sees the list, and the signer takes his key for that list', async () => {
    const owner = await createRestClient(cloudUrl, 'owner', 'demo-owner')
    for (const plate of ['А501АА77', 'А502АА77']) {
      const { body: vehicle } = await owner.send('POST', '/api/vehicles', { plate, model: 'Haval' })
      const { body: added } = await owner.send('POST', '/api/gateways', { vehicleId: vehicle.id })
      await owner.send('POST', '/api/gateways/claim', { code: added.claimCode })
      await owner.send('POST', `/api/gateways/${added.id}/commissioning`, { note: 'ok' })
      await owner.send('POST', `/api/vehicles/${vehicle.id}/holds`, { reason: 'theft', note: 'угон' })
    }
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'ru-RU' })
    const data = { login: 'head', password: 'demo-head' }
    await context.request.post(`${home}/api/session`, { data, headers: { origin: home } })
    const page = await context.newPage()
    const broken: string[] = []
    page.on('pageerror', (error) => broken.push(error.message))
    const devtools = await context.newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
    await page.goto(`${home}/governor`)
    await expect.poll(() => page.getByTestId('waiting-order').count()).toBe(2)

    const { body: governor } = await owner.get('/api/governor')
    const head = governor.approvers.find(({ name }: { name: string }) => name === 'head')
    const terminal = createPasskeyStore(join(house.dataDir, 'signer'))
    await page.getByRole('button', { name: 'Принести ключ подтверждения' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Слово').fill('NOTTHE-WORD')
    await dialog.getByRole('button', { name: 'Создать ключ' }).click()
    await dialog.getByRole('alert').getByText('Слово неверно').waitFor()
    await dialog.getByLabel('Слово').fill(terminal.invite(head.id, 'head', systemClock.now()))
    await dialog.getByRole('button', { name: 'Создать ключ' }).click()
    const thumbprint = (await dialog.getByTestId('thumbprint').textContent()) ?? ''
    expect(terminal.confirm(thumbprint)).toMatchObject({ id: head.id, state: 'confirmed' })
    await page.reload()

    // With a passkey there the code counts no more, and is not asked for.
    const sign = page.getByRole('button', { name: 'Подтвердить ключом' })
    await sign.click()
    await dialog.getByText('Заблокировать машины: 2').waitFor()
    await dialog.getByText('А501АА\u00a077').waitFor()
    expect(await page.getByLabel('Код подтверждающего').count()).toBe(0)
    // A device that does not recognise the person signs nothing.
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
    await dialog.getByRole('button', { name: 'Подтвердить этот список' }).click()
    await dialog.getByRole('alert').getByText('Ключ не сработал').waitFor()
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true })
    await dialog.getByRole('button', { name: 'Подтвердить этот список' }).click()
    await page.getByTestId('approved').getByText('Подтверждено ключом, машин: 2').waitFor()
    await page.getByText('Никто не ждёт.').waitFor()
    await expect
      .poll(async () => (await owner.get(`/api/vehicles/${governor.waiting[0].vehicleId}/orders`)).body.items[0])
      .toMatchObject({ unsignedBecause: null, approvals: [{ name: 'head', way: 'passkey' }] })
    await page.goto(`${home}/vehicles/${governor.waiting[0].vehicleId}`)
    await page.getByTestId('stood-by').getByText('Второй человек: head, ключом под списком машин').waitFor()
    expect(broken).toEqual([])
    await context.close()
  })
})
