import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPasskeyStore } from '../../../cloud/signer/passkey-store.ts'
import { DEFAULT_POLICY } from '../../../cloud/signer/signer-policy.ts'
import { type CloudApp, startCloudApp } from '../../support/cloud-app.ts'
import { requireReal } from '../../support/real-servers.ts'
import { createRestClient } from '../../support/rest-client.ts'
import { systemClock } from '../../support/system-clock.ts'
import { builtConsole, openBrowser, PATIENCE } from '../console/support/browser.ts'
import { startConsoleFront } from '../console/support/console-front.ts'

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
