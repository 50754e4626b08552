import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireReal } from '../../support/real-servers.ts'
import type { RestClient } from '../../support/rest-client.ts'
import { type RunningCloud, startCloud } from '../../support/running-cloud.ts'
import { builtConsole, openBrowser, PATIENCE } from './support/browser.ts'
import { startConsoleFront } from './support/console-front.ts'

const PHOTO = { name: 'акт.png', mimeType: 'image/png', buffer: Buffer.from('89504e470d0a1a0a0000', 'hex') }

describe.skipIf(!requireReal('chromium'))('the mechanic’s page with the network cut', PATIENCE, () => {
  let browser: Browser
  let cloud: RunningCloud
  let front: Awaited<ReturnType<typeof startConsoleFront>>
  let owner: RestClient
  let context: BrowserContext
  let page: Page
  let dist: string
  const broken: string[] = []

  beforeAll(async () => {
    ;[browser, cloud] = await Promise.all([openBrowser(), startCloud()])
    dist = await builtConsole()
    front = await startConsoleFront({ dist, cloud: cloud.url })
    owner = await cloud.as('owner')
    context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'ru-RU' })
    const data = { login: 'mechanic', password: 'demo-mechanic' }
    await context.request.post(`${front.url}/api/session`, { data, headers: { origin: front.url } })
    page = await context.newPage()
    page.setDefaultTimeout(15_000)
    page.on('pageerror', (error) => broken.push(error.message))
  }, 120_000)
  afterAll(async () => {
    await browser.close()
    await front.close()
    await cloud.stop()
  })

  const cut = () => front.close()
  const mend = async (): Promise<void> => {
    front = await startConsoleFront({ dist, cloud: cloud.url, port: front.port })
  }
  const task = (title: string) => page.getByTestId('task').filter({ hasText: title })
  const states = () =>
    page.getByTestId('sending').evaluateAll((items) => items.map((item) => item.getAttribute('data-state')))
  const sent = (count: number) =>
    page.waitForFunction(
      (wanted) => document.querySelectorAll('[data-testid=sending][data-state=sent]').length === wanted,
      count,
      // A round that began before the network was back waits a quarter of a minute for the next one.
      { timeout: 40_000 },
    )
  const doneOf = async (card: string): Promise<readonly string[]> => {
    const { body } = await owner.get(`/api/cards/${card}/log?limit=1000`)
    return body.items
      .filter(({ kind }: { kind: string }) => kind === 'done')
      .map(({ change }: { change: { template: string; outcome: string } }) => `${change.template}.${change.outcome}`)
  }
  const born = async (pipeline: string, stage: string, fields: object): Promise<string> => {
    const made = await owner.send('POST', '/api/cards', { pipeline, stage, fields })
    expect(made.status).toBe(201)
    return made.body.id
  }
  const PHONE = '+79161230001'
  let repair = ''

  test('start and pause are kept through a reload without a network, and sent once each when it is back', async () => {
    repair = await born('c_service', 'in_repair', { source: 'Сайт', phone: PHONE, mechanic: 'me' })
    await page.goto(`${front.url}/mechanic`)
    await task('Начать работу').waitFor()
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
    await page.waitForFunction(async () => (await (await caches.open('kordon-mechanic')).keys()).length > 3)
    await cut()
    await task('Начать работу').getByRole('button', { name: 'Начал' }).click()
    await task('Работа: пауза или конец').getByLabel('Причина').fill('Жду подъёмник')
    await task('Работа: пауза или конец').getByRole('button', { name: 'Пауза' }).click()
    await task('Продолжить работу').waitFor()
    expect(await states()).toEqual(['waiting', 'waiting'])
    await page.reload()
    await task('Продолжить работу').waitFor()
    await page.getByText('Связи нет.').waitFor()
    expect(await states()).toEqual(['waiting', 'waiting'])
    expect(await page.getByText('Не отправлено', { exact: true }).count()).toBe(2)
    expect(await doneOf(repair)).toEqual([])
    await mend()
    await sent(2)
    expect(await doneOf(repair)).toEqual(['c_start.start', 'c_work.pause'])
    await task('Продолжить работу').waitFor()
  })

  test('an answer lost on the way back is asked for again, and nothing is done twice', async () => {
    let lost = 0
    await page.route('**/api/tasks/*/outcomes', async (route) => {
      if (lost > 0) return route.continue()
      lost += 1
      await route.fetch()
      return route.abort()
    })
    await task('Продолжить работу').getByRole('button', { name: 'Продолжил' }).click()
    await page.evaluate(() => window.dispatchEvent(new Event('online')))
    await sent(3)
    expect(lost).toBe(1)
    expect(await doneOf(repair)).toEqual(['c_start.start', 'c_work.pause', 'c_resume.resume'])
    await page.unroute('**/api/tasks/*/outcomes')
  })

  test('photos and the act go first, the closing after them; without them it cannot be pressed', async () => {
    const order = await born('work_orders', 'mechanic', {
      mechanic: 'me',
      cellNo: '7',
      scenario: 'post_repair',
      total: 100,
      paid: 0,
      orderNo1c: '1-1',
    })
    await page.reload()
    const work = task('Выполнить работы')
    await work.waitFor()
    expect(await work.getByRole('button', { name: 'Выполнено' }).isDisabled()).toBe(true)
    await cut()
    const inputs = work.locator('input[type=file]')
    await inputs.nth(0).setInputFiles(PHOTO)
    await inputs.nth(1).setInputFiles([PHOTO, { ...PHOTO, name: 'узел.png' }])
    await work.getByRole('button', { name: 'Выполнено' }).click()
    await page.waitForFunction(() => document.querySelectorAll('[data-state=waiting]').length === 4)
    await page.reload()
    await page.waitForFunction(() => document.querySelectorAll('[data-testid=sending]').length >= 4)
    await mend()
    await sent(7)
    const { body } = await owner.get(`/api/cards/${order}`)
    expect([body.stage, body.fields.photos.length, typeof body.fields.workAct]).toEqual(['payment', 2, 'string'])
    const files = await owner.get(`/api/cards/${order}/documents`)
    expect(files.body.items).toHaveLength(3)
  })

  test('a task that somebody else has closed meanwhile is refused in words, and nothing is shown as done', async () => {
    const card = await born('c_service', 'in_repair', { source: 'Сайт', phone: PHONE, mechanic: 'me' })
    await page.reload()
    await task('Начать работу').waitFor()
    await cut()
    await task('Начать работу').getByRole('button', { name: 'Начал' }).click()
    const { body } = await owner.get(`/api/cards/${card}`)
    const start = body.tasks.find(({ template }: { template: string }) => template === 'c_start')
    expect((await owner.send('POST', `/api/tasks/${start.id}/outcomes`, { outcome: 'start' })).status).toBe(200)
    await mend()
    await page.locator('[data-testid=sending][data-state=refused]').first().waitFor()
    await page.getByText('Отказано', { exact: true }).waitFor()
    await page
      .getByText(/закрыта/i)
      .first()
      .waitFor()
    expect(await doneOf(card)).toEqual(['c_start.start'])
    await page.getByRole('button', { name: 'Убрать' }).click()
    await page.getByRole('button', { name: 'Убрать без отправки?' }).click()
    await page.locator('[data-testid=sending][data-state=refused]').waitFor({ state: 'detached' })
    expect(broken).toEqual([])
  })
})
