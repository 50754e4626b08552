import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireReal } from '../../support/real-servers.ts'
import type { RestClient } from '../../support/rest-client.ts'
import { type RunningCloud, startCloud } from '../../support/running-cloud.ts'
import { builtConsole, openBrowser, PATIENCE } from './support/browser.ts'
import { startConsoleFront } from './support/console-front.ts'

const PHONE = '+79161230001'
/** A folder for pictures of the pages; without it none are taken. */
const PICTURES = process.env['KORDON_PICTURES']

describe.skipIf(!requireReal('chromium'))(
  'approvals, the dispatcher, reports and definitions over a real cloud',
  PATIENCE,
  () => {
    let browser: Browser
    let cloud: RunningCloud
    let front: Awaited<ReturnType<typeof startConsoleFront>>
    let owner: RestClient
    let dispatcher: RestClient
    let context: BrowserContext
    let page: Page
    let client = ''
    const broken: string[] = []

    beforeAll(async () => {
      ;[browser, cloud] = await Promise.all([openBrowser(), startCloud()])
      front = await startConsoleFront({ dist: await builtConsole(), cloud: cloud.url })
      ;[owner, dispatcher] = await Promise.all([cloud.as('owner'), cloud.as('dispatcher')])
      const made = await dispatcher.send('POST', '/api/dispatcher/clients', { name: 'ООО Нива', phone: PHONE })
      client = made.body.client.id
      await dispatcher.send('POST', '/api/dispatcher/machines', {
        serial: 'АГ-1001',
        factory: 'Ростсельмаш',
        buyer: 'ООО Нива',
        warrantyHours: 1000,
        engineHours: 640,
      })
      context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'ru-RU' })
      await signIn('dispatcher')
      page = await context.newPage()
      page.setDefaultTimeout(15_000)
      page.on('pageerror', (error) => broken.push(error.message))
    }, 120_000)
    afterAll(async () => {
      await browser.close()
      await front.close()
      await cloud.stop()
    })
    async function signIn(role: string): Promise<void> {
      const data = { login: role, password: `demo-${role}` }
      await context.request.post(`${front.url}/api/session`, { data, headers: { origin: front.url } })
    }
    /** Nothing scrolls sideways on a phone, and a picture of both widths where a folder was named. */
    async function look(name: string): Promise<void> {
      if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true })
      await page.setViewportSize({ width: 390, height: 844 })
      const over = await page.evaluate(() => {
        const content = document.getElementById('content')
        return content === null ? Number.NaN : content.scrollWidth - content.clientWidth
      })
      if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `${name}-phone.png`), fullPage: true })
      await page.setViewportSize({ width: 1440, height: 900 })
      expect(over).toBe(0)
      expect(broken).toEqual([])
    }

    test('E-09: a call opens its form by itself, filled with who calls and his machine; one press sends it on', async () => {
      const hook = await owner.send('POST', '/api/hooks', { adapter: 'event', title: 'АТС' })
      await page.goto(`${front.url}/vehicles`)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)))
      const payload = { from: PHONE, line: '+74950000002', source: 'АТС' }
      const rung = await fetch(`${cloud.url}${hook.body.path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id: 'call-1', event: 'call.ringing', payload }),
      })
      expect(rung.status).toBe(202)
      const form = page.getByRole('dialog')
      await form.getByTestId('client').getByText('ООО Нива').waitFor()
      await form.getByTestId('machine').getByText('На гарантии').waitFor()
      await form.getByTestId('scenario').getByText('Гарантийный ремонт').waitFor()
      const send = form.getByRole('button', { name: 'Принять заявку' })
      expect(await send.isDisabled()).toBe(true)
      await form.getByLabel('Причина обращения').fill('Не запускается')
      if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, 'call.png') })
      await send.click()
      await form.waitFor({ state: 'detached' })
      const { body } = await owner.get('/api/cards?pipeline=intake&stage=lawyer')
      expect(body.items).toMatchObject([{ fields: { client, machine: 'АГ-1001', requestKind: 'repair' } }])
      await page.goto(`${front.url}/dispatcher`)
      await page.getByLabel('Найти').fill('АГ-1001')
      await page.getByTestId('machine').getByText('Проверка контрагента').waitFor()
      await look('dispatcher')
    })

    test('what waits for my word is decided with a reason; without it the button says what it lacks', async () => {
      const { body } = await owner.get('/api/cards?pipeline=intake&stage=lawyer')
      const card = (await owner.get(`/api/cards/${body.items[0].id}`)).body
      const own = card.tasks.find(({ kind }: { kind: string }) => kind === 'ask')
      await owner.send('POST', `/api/tasks/${own.id}/outcomes`, {
        outcome: 'done',
        set: { 'client.inn': '7701234567', 'client.name': 'ООО Нива', 'client.docs': ['d1'] },
      })
      await signIn('papers')
      await page.goto(`${front.url}/approvals`)
      const waiting = page.getByTestId('waiting').first()
      await waiting.waitFor()
      expect(await waiting.getByRole('button', { name: 'Отказать' }).isDisabled()).toBe(true)
      await look('approvals')
      await waiting.getByLabel('Комментарий').fill('Нет устава')
      await waiting.getByRole('button', { name: 'Запросить документы' }).click()
      await page.getByText('Ничего не ждёт вашего слова.').waitFor()
      const log = await owner.get(`/api/cards/${card.id}/log?limit=1000`)
      const decided = log.body.items.find(({ change }: { change: { outcome?: string } }) => change.outcome === 'more')
      expect(decided.change.comment).toBe('Нет устава')
    })

    test('reports: the seven numbers open what they were made of, and the funnel counts the card', async () => {
      await signIn('owner')
      await page.goto(`${front.url}/reports`)
      await page.getByRole('link', { name: 'Новых карточек' }).waitFor()
      await look('reports')
      await page.getByRole('link', { name: 'Новых карточек' }).click()
      await page.getByRole('combobox', { name: 'Воронка' }).selectOption({ label: 'Приём заявки диспетчером' })
      const row = page.getByRole('row').filter({ hasText: 'Проверка контрагента' })
      await row.getByText('100 %').first().waitFor()
      await look('reports-funnel')
    })

    test('definitions: a mistake is named by its line; a changed file becomes a version, differs in words and is switched on', async () => {
      await page.goto(`${front.url}/definitions`)
      await page.waitForFunction(
        () => (document.querySelector<HTMLImageElement>('img[alt^=Чертёж]')?.naturalWidth ?? 0) > 100,
      )
      await page.getByLabel('Файл', { exact: true }).selectOption('c/hiring.yaml')
      const text = page.getByLabel('Текст файла c/hiring.yaml')
      const before = await text.inputValue()
      await text.fill(before.replace('start: ', 'start: нет_'))
      await page.getByRole('button', { name: 'Проверить' }).click()
      await page
        .getByTestId('problems')
        .getByRole('button', { name: /c\/hiring\.yaml, строка \d+/ })
        .first()
        .waitFor()
      await text.fill(before.replace('need_in: [name, phone]', 'need_in: [name, phone, source]'))
      await page.getByLabel('Что изменили').fill('Источник обязателен')
      await page.getByRole('button', { name: 'Сохранить новую версию' }).click()
      await page.getByText('Версия 2').waitFor()
      await page.getByRole('row').filter({ hasText: 'Версия 2' }).getByRole('button', { name: 'Открыть' }).click()
      await page.getByRole('listitem').filter({ hasText: 'Отклик' }).first().waitFor()
      await page.waitForFunction(
        () => (document.querySelector<HTMLImageElement>('img[alt^=Чертёж]')?.naturalWidth ?? 0) > 100,
      )
      await look('definitions')
      await page.getByLabel('События, по одному в строке').fill(
        JSON.stringify({
          at: '2026-11-20T10:00:00+03:00',
          born: 'a',
          pipeline: 'intake',
          stage: 'call',
          fields: { phone: PHONE },
        }),
      )
      await page.getByRole('button', { name: 'Проиграть' }).click()
      await page.getByTestId('played').waitFor()
      await page.getByRole('button', { name: 'Включить' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Включить' }).click()
      await page.getByText('Версия 2 работает.').waitFor()
      const { body } = await owner.get('/api/definitions')
      expect(body.items.map(({ version, active }: { version: number; active: boolean }) => [version, active])).toEqual([
        [2, true],
        [1, false],
      ])
      expect(broken).toEqual([])
    })
  },
)
