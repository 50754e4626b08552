import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireReal } from '../../support/real-servers.ts'
import { openBrowser, PATIENCE, visit } from './support/browser.ts'

describe.skipIf(!requireReal('chromium'))('sign-in in a real browser', PATIENCE, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  test('a wrong password is named, the right one opens the map, signing out closes it', async () => {
    const { page, leave, broken } = await visit(browser, '/', { signedIn: false })
    await page.getByLabel('Логин').fill('manager')
    await page.getByLabel('Пароль').fill('wrong')
    await page.getByRole('button', { name: 'Войти' }).click()
    await page.getByRole('alert').filter({ hasText: 'Логин или пароль не подходят.' }).waitFor()
    await page.getByLabel('Пароль').fill('demo-manager')
    await page.getByRole('button', { name: 'Войти' }).click()
    await page.getByRole('listbox', { name: 'Список машин' }).waitFor()
    await page.getByRole('button', { name: 'Меню пользователя' }).click()
    await page.getByRole('menuitem', { name: 'Выйти' }).click()
    await page.getByRole('button', { name: 'Войти' }).waitFor()
    expect(broken).toEqual([])
    await leave()
  })

  test('too many attempts: the page says for how long', async () => {
    const { page, cloud, leave } = await visit(browser, '/', { signedIn: false })
    cloud.state.throttled = true
    await page.getByLabel('Логин').fill('manager')
    await page.getByLabel('Пароль').fill('x')
    await page.getByRole('button', { name: 'Войти' }).click()
    await page.getByRole('alert').filter({ hasText: 'Попробуйте снова через 1 мин' }).waitFor()
    await leave()
  })

  test('a server that does not answer is not mistaken for a wrong password', async () => {
    const { page, cloud, leave } = await visit(browser, '/', { signedIn: false })
    await page.getByLabel('Логин').fill('manager')
    await page.getByLabel('Пароль').fill('demo-manager')
    await cloud.close()
    await page.getByRole('button', { name: 'Войти' }).click()
    await page.getByRole('alert').filter({ hasText: 'Сервер не отвечает' }).waitFor()
    await leave()
  })

  test('a session that ends while a page is open leads to the sign-in', async () => {
    const { page, cloud, leave } = await visit(browser, '/vehicles')
    await page.getByRole('table').waitFor()
    cloud.state.signedIn = false
    cloud.dropLive()
    cloud.restoreLive()
    await page.getByRole('button', { name: 'Войти' }).waitFor()
    await leave()
  })

  test('the language is chosen before signing in and is kept', async () => {
    const { page, leave } = await visit(browser, '/', { signedIn: false })
    await page.getByRole('button', { name: 'English' }).click()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('en')
    await leave()
  })
})
