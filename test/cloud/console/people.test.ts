import { TOTP } from 'otpauth'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireReal } from '../../support/real-servers.ts'
import { type RunningCloud, startCloud } from '../../support/running-cloud.ts'
import { builtConsole, openBrowser, PATIENCE } from './support/browser.ts'
import { startConsoleFront } from './support/console-front.ts'

const PASSWORD = 'a calm green field'

/** From the printed link of a fresh installation on, in the order in which people meet it: each test goes on from the one before. */
describe.skipIf(!requireReal('chromium'))(
  'people, their factors and their sessions, over a real cloud',
  PATIENCE,
  () => {
    let browser: Browser
    let house: RunningCloud
    let front: Awaited<ReturnType<typeof startConsoleFront>>
    let context: BrowserContext
    let page: Page
    let home: string
    let secret = ''
    let cloudUrl = ''
    const broken: string[] = []
    const recoveryCodes: string[] = []

    beforeAll(async () => {
      browser = await openBrowser()
      front = await startConsoleFront({ dist: await builtConsole(), cloud: () => cloudUrl })
      // A passkey belongs to a name, and an address of numbers has none.
      home = front.url.replace('127.0.0.1', 'localhost')
      house = await startCloud({ KORDON_DEMO: '0', KORDON_PUBLIC_URL: home })
      cloudUrl = house.url
      context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'ru-RU' })
      page = await context.newPage()
      page.on('pageerror', (error) => broken.push(error.message))
    }, 120_000)
    afterAll(async () => {
      await browser.close()
      await front.close()
      await house.stop()
    })

    const signIn = async (on: Page, login: string): Promise<void> => {
      await on.goto(`${home}/`)
      await on.getByLabel('Логин').fill(login)
      await on.getByLabel('Пароль').fill(PASSWORD)
      await on.getByRole('button', { name: 'Войти' }).click()
    }
    const signOut = async (): Promise<void> => {
      await page.getByRole('button', { name: 'Меню пользователя' }).click()
      await page.getByRole('menuitem', { name: 'Выйти' }).click()
      await page.getByRole('button', { name: 'Войти' }).waitFor()
    }

    test('the one-time link makes the owner, and works once', async () => {
      const token = /\/setup#(\S+)/.exec(house.output())?.[1]
      const link = `${home}/setup#${token}`
      await page.goto(link)
      await page.getByLabel('Как вас зовут').fill('Ольга Владелец')
      await page.getByLabel('Логин').fill('olga')
      await page.getByLabel('Пароль').fill(PASSWORD)
      await page.getByRole('button', { name: 'Создать и войти' }).click()
      await page.getByRole('button', { name: 'Меню пользователя' }).waitFor()
      const again = await context.request.post(`${home}/api/setup`, {
        data: { token, name: 'x', login: 'intruder', password: PASSWORD },
        headers: { origin: home },
      })
      expect(again.status()).toBeGreaterThanOrEqual(400)
    })

    test('an authenticator app is set up with the password and a code, and recovery codes are shown once', async () => {
      await page.goto(`${home}/account`)
      await page.getByRole('button', { name: 'Настроить' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Ваш пароль').fill(PASSWORD)
      await dialog.getByRole('button', { name: 'Настроить' }).click()
      await dialog.locator('img').waitFor()
      secret = (await dialog.locator('code').textContent()) ?? ''
      await dialog.getByLabel('Код из приложения').fill('000000')
      await dialog.getByRole('button', { name: 'Подтвердить' }).click()
      await dialog.getByRole('alert').waitFor()
      await dialog.getByLabel('Код из приложения').fill(new TOTP({ secret }).generate())
      await dialog.getByRole('button', { name: 'Подтвердить' }).click()
      await page.getByTestId('recovery-code').first().waitFor()
      recoveryCodes.push(...(await page.getByTestId('recovery-code').allInnerTexts()))
      expect(recoveryCodes.length).toBeGreaterThanOrEqual(8)
      await page.getByRole('button', { name: 'Записал' }).click()
      await page.getByText('Подтверждено, действует до').waitFor()
    })

    test('a passkey of this device is added, and then opens the second step of a sign-in', async () => {
      const devtools = await context.newCDPSession(page)
      await devtools.send('WebAuthn.enable')
      await devtools.send('WebAuthn.addVirtualAuthenticator', {
        options: {
          protocol: 'ctap2',
          transport: 'internal',
          hasResidentKey: true,
          hasUserVerification: true,
          isUserVerified: true,
          automaticPresenceSimulation: true,
        },
      })
      await page.getByRole('button', { name: 'Добавить ключ' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Как назвать ключ').fill('Ноутбук')
      await dialog.getByRole('button', { name: 'Добавить ключ' }).click()
      await dialog.waitFor({ state: 'hidden' })
      await page.getByText('Ноутбук').waitFor()
      await signOut()
      await signIn(page, 'olga')
      await page.getByRole('heading', { name: 'Второй шаг входа' }).waitFor()
      await page.getByRole('button', { name: 'Ключом входа' }).click()
      await page.getByRole('button', { name: 'Меню пользователя' }).waitFor()
    })

    test('somebody is invited, joins by the link, and has what his role has; his role changes and his account ends', async () => {
      await page.goto(`${home}/people`)
      await page.getByRole('button', { name: 'Пригласить' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Имя').fill('Мария Механик')
      await dialog.getByRole('combobox', { name: 'Роль' }).click()
      await page.getByRole('option', { name: 'механик', exact: false }).first().click()
      await dialog.getByRole('button', { name: 'Пригласить' }).click()
      const link = (await page.getByTestId('invitation-link').textContent()) ?? ''
      await dialog.getByRole('button', { name: 'Закрыть' }).last().click()
      const hers = await browser.newContext({ locale: 'ru-RU' })
      const her = await hers.newPage()
      await her.goto(link)
      await her.getByText('Мария Механик').waitFor()
      await her.getByLabel('Логин').fill('maria')
      await her.getByLabel('Пароль').fill(PASSWORD)
      await her.getByRole('button', { name: 'Войти' }).click()
      await her.getByRole('heading', { name: 'Моя учётная запись' }).waitFor()
      const status = async (path: string): Promise<number> => (await hers.request.get(home + path)).status()
      expect([await status('/api/vehicles'), await status('/api/accounts')]).toEqual([200, 403])
      await page.reload()
      await page.getByRole('button', { name: 'Мария Механик' }).click()
      await page.getByRole('menuitem', { name: 'Отключить' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Отключить' }).click()
      await expect.poll(() => status('/api/vehicles')).toBe(401)
      await hers.close()
    })

    test('without a factor the password opens nothing; a recovery code does, and blocks nothing for a day', async () => {
      const elsewhere = await browser.newContext({ locale: 'ru-RU' })
      const other = await elsewhere.newPage()
      await signIn(other, 'olga')
      await other.getByRole('heading', { name: 'Второй шаг входа' }).waitFor()
      expect((await elsewhere.request.get(`${home}/api/session`)).status()).toBe(401)
      await other.getByRole('button', { name: 'Войти по запасному коду' }).click()
      await other.getByLabel('Запасной код').fill(recoveryCodes[0] ?? '')
      await other.getByRole('button', { name: 'Подтвердить' }).click()
      await other.getByRole('button', { name: 'Меню пользователя' }).waitFor()
      await other.goto(`${home}/account`)
      await other.getByText('Доступ восстановлен недавно').waitFor()
      // The first browser sees the second one and ends it.
      await page.goto(`${home}/account`)
      const table = page.getByRole('table', { name: 'Где вы вошли' })
      await table.getByRole('button', { name: 'Выйти' }).first().click()
      await expect.poll(async () => (await elsewhere.request.get(`${home}/api/session`)).status()).toBe(401)
      await elsewhere.close()
    })

    test('all of it is in the audit, which looks itself through and is whole', async () => {
      await page.goto(`${home}/audit`)
      await page.getByText('№ 0', { exact: true }).waitFor()
      await page.getByRole('button', { name: 'Проверить сейчас' }).click()
      await page.getByRole('status').filter({ hasText: 'Всё на месте' }).waitFor()
      await page.getByRole('combobox', { name: 'Что' }).click()
      await page.getByRole('option', { name: 'вход' }).click()
      await expect.poll(() => page.getByRole('table', { name: 'Журнал' }).getByText('вход').count()).toBeGreaterThan(3)
      expect(broken).toEqual([])
    })
  },
)
