import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireReal } from '../../support/real-servers.ts'
import type { RestClient } from '../../support/rest-client.ts'
import { type RunningCloud, startCloud } from '../../support/running-cloud.ts'
import { builtConsole, openBrowser, PATIENCE } from './support/browser.ts'
import { startConsoleFront } from './support/console-front.ts'
import { deskCards } from './support/desk-cards.ts'

describe.skipIf(!requireReal('chromium'))('boards, cards and the workplace over a real cloud', PATIENCE, () => {
  let browser: Browser
  let cloud: RunningCloud
  let front: Awaited<ReturnType<typeof startConsoleFront>>
  let manager: RestClient
  let cards: Awaited<ReturnType<typeof deskCards>>
  let context: BrowserContext
  let page: Page
  const broken: string[] = []

  beforeAll(async () => {
    ;[browser, cloud] = await Promise.all([openBrowser(), startCloud()])
    front = await startConsoleFront({ dist: await builtConsole(), cloud: cloud.url })
    manager = await cloud.as('manager')
    cards = await deskCards(await cloud.as('owner'), manager)
    context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'ru-RU' })
    const data = { login: 'manager', password: 'demo-manager' }
    await context.request.post(`${front.url}/api/session`, { data, headers: { origin: front.url } })
    page = await context.newPage()
    page.on('pageerror', (error) => broken.push(error.message))
  }, 120_000)
  afterAll(async () => {
    await browser.close()
    await front.close()
    await cloud.stop()
  })
  const stageOf = async (id: string): Promise<string> => (await manager.get(`/api/cards/${id}`)).body.stage

  /** Picks a card up with the keyboard on one stage and drops it on the next one that takes it. */
  const carry = async (from: string, title: string, to: string): Promise<void> => {
    await page.locator(`[data-stage=${from}]`).getByRole('button', { name: 'Взять и нести: Орлов Пётр' }).focus()
    await page.keyboard.press('Space')
    await page.getByText(`Над этапом «${title}»`).waitFor({ state: 'attached' })
    await page.keyboard.press('ArrowRight')
    await page.getByText(`Над этапом «${to}»`).waitFor({ state: 'attached' })
    await page.keyboard.press('Space')
  }

  test('a card is carried by the keyboard, and a move whose way back is open is taken back', async () => {
    await page.goto(`${front.url}/processes?pipeline=call_centre`)
    await carry('new', 'Новая заявка', 'Недозвон')
    await page.locator('[data-stage=no_answer]').getByRole('link', { name: 'Орлов Пётр' }).waitFor()
    expect(await stageOf(cards.orlov.id)).toBe('no_answer')
    await carry('no_answer', 'Недозвон', 'Связаться позже')
    await page.getByRole('button', { name: 'Вернуть' }).click()
    await page.locator('[data-stage=no_answer]').getByRole('link', { name: 'Орлов Пётр' }).waitFor()
    expect(await stageOf(cards.orlov.id)).toBe('no_answer')
    expect(broken).toEqual([])
  })

  test('a move that lacks fields opens exactly those, and a refused one says why in the guard’s words', async () => {
    await page.locator('[data-stage=new]').getByRole('button', { name: 'Переместить: Лапин Олег' }).click()
    await page.getByRole('menuitem', { name: 'Целевой водитель' }).click()
    await page.getByTestId('refusal').getByText('Дальше идут только целевые водители').waitFor()
    await page.getByRole('button', { name: 'Отмена' }).click()
    await page.locator('[data-stage=new]').getByRole('button', { name: 'Переместить: Гусева Анна' }).click()
    await page.getByRole('menuitem', { name: 'Целевой водитель' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Водитель или агент').selectOption({ label: 'Водитель' })
    expect(await dialog.getByLabel('Город').count()).toBe(0)
    await dialog.getByLabel('Целевой').selectOption({ label: 'да' })
    await dialog.getByRole('button', { name: 'Переместить' }).click()
    await page.locator('[data-stage=qualified]').getByRole('link', { name: 'Гусева Анна' }).waitFor()
    expect(await stageOf(cards.guseva.id)).toBe('qualified')
    expect(broken).toEqual([])
  })

  test('the list is the same query, and the address carries it', async () => {
    await page.goto(`${front.url}/processes?pipeline=call_centre&view=list&q=${encodeURIComponent('Гусева')}`)
    await page.getByRole('link', { name: 'Гусева Анна' }).waitFor()
    expect(await page.getByRole('link', { name: 'Орлов Пётр' }).count()).toBe(0)
    await page.getByLabel('Поиск').fill('Орлов')
    await page.getByRole('link', { name: 'Орлов Пётр' }).waitFor()
    expect(decodeURIComponent(page.url())).toContain('q=Орлов')
  })

  test('a view is kept under a name, chosen again, thrown away and taken back', async () => {
    const views = page.getByRole('button', { name: 'Сохранённые' })
    const chosen = page.getByRole('button', { name: 'Только Гусева', exact: true })
    await page.goto(`${front.url}/processes?pipeline=call_centre&view=list&q=${encodeURIComponent('Гусева')}`)
    await views.click()
    await page.getByLabel('Название').fill('Только Гусева')
    await page.getByRole('button', { name: 'Сохранить' }).click()
    await page.getByRole('link', { name: 'Только Гусева' }).waitFor()
    await page.goto(`${front.url}/processes?pipeline=call_centre`)
    await page.locator('[data-stage=new]').getByRole('link', { name: 'Лапин Олег' }).waitFor()
    await views.click()
    await page.getByRole('link', { name: 'Только Гусева' }).click()
    await chosen.waitFor()
    expect(await page.getByLabel('Поиск').inputValue()).toBe('Гусева')
    expect(await page.getByRole('link', { name: 'Лапин Олег' }).count()).toBe(0)
    await chosen.click()
    await page.getByRole('button', { name: 'Убрать: Только Гусева' }).click()
    await views.waitFor()
    expect((await manager.get('/api/card-views')).body.items).toEqual([])
    await page.getByRole('button', { name: 'Вернуть' }).click()
    await chosen.waitFor()
    const [view] = (await manager.get('/api/card-views')).body.items
    expect(view).toMatchObject({
      pipeline: 'call_centre',
      title: 'Только Гусева',
      query: { view: 'list', q: 'Гусева' },
    })
    expect(broken).toEqual([])
  })

  test('the card shows the car with its age, opens only the next fields, and keeps a word in its log', async () => {
    await page.goto(`${front.url}/processes/cards/${cards.lease.id}`)
    await page.getByRole('heading', { name: /Иванов Иван/ }).waitFor()
    await page.getByText('А123ВС 777').first().waitFor()
    await page.getByPlaceholder('Написать в журнал карточки').fill('Перезвонит сам')
    await page.getByRole('button', { name: 'Записать' }).click()
    await page.getByText('Перезвонит сам').nth(0).waitFor()
    expect(broken).toEqual([])
  })

  test('a stage carries its colour beside its name, the figure of a pipeline stands above it, the car has one history', async () => {
    await page.goto(`${front.url}/processes?pipeline=work_orders`)
    await page
      .locator('[data-stage=engineer][data-colour=yellow]')
      .getByRole('heading', { name: 'У инженера' })
      .waitFor()
    await page.goto(`${front.url}/processes?pipeline=c_service`)
    await page.locator('[data-turn=low]').first().getByText('Мало: меньше 1').waitFor()
    await page.goto(`${front.url}/processes?pipeline=call_centre`)
    await page.getByTestId('focus').getByText('От заявки до собеседования').waitFor()
    await page.goto(`${front.url}/vehicles/${cards.car.id}`)
    await page.getByText('создана, этап «Ожидает выхода на линию»').waitFor()
    expect(broken).toEqual([])
  })

  test('at the workplace a key closes the task in hand, and the next one is there at once', async () => {
    await page.goto(`${front.url}/workplace?place=fleet_desk`)
    const task = page.getByTestId('task')
    const first = await task.getAttribute('data-task')
    await task.getByRole('button', { name: /^1/ }).waitFor()
    await page.keyboard.press('1')
    await page.waitForFunction(
      (old) => (document.querySelector('[data-testid=task]')?.getAttribute('data-task') ?? old) !== old,
      first,
    )
    const left = (await manager.get('/api/tasks')).body.items.filter(
      ({ template }: { template: string }) => template === 'call_driver_zone',
    )
    expect(left.map(({ id }: { id: string }) => id)).toEqual([await task.getAttribute('data-task')])
    expect(broken).toEqual([])
  })

  test('a call stands on its card with an honest word about its recording; an English page names stages in English', async () => {
    const hook = await (await cloud.as('owner')).send('POST', '/api/hooks', {
      adapter: 'telephony',
      title: 'АТС',
      signed: 'no',
    })
    const at = Date.now() - 600_000
    const call = { id: 'r-1', from: '+79161230002', line: '+74950000001', extension: '105' }
    for (const event of [
      { event: 'ringing', at },
      { event: 'answered', at: at + 4000 },
      { event: 'ended', at: at + 94_000, recordUrl: 'https://pbx.example/r-1.wav' },
    ])
      await fetch(cloud.url + hook.body.path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...call, ...event }),
      })
    await page.goto(`${front.url}/calls`)
    await page.getByText('Входящий, 2 мин').waitFor()
    await page.getByRole('link', { name: 'Открыть карточку' }).click()
    await page.getByRole('heading', { name: /Гусева Анна/ }).waitFor()
    await page.getByText('Запись у АТС, сюда её не передают').waitFor()
    await page.getByRole('button', { name: 'Меню пользователя' }).click()
    await page.getByRole('menuitem', { name: 'English' }).click()
    await page.getByText('The exchange keeps the recording').waitFor()
    await page.getByText('Qualified driver').first().waitFor()
    await page.goto(`${front.url}/processes?pipeline=call_centre`)
    await page.locator('[data-stage=qualified]').getByRole('heading', { name: 'Qualified driver' }).waitFor()
    await page.goto(`${front.url}/agents`)
    await page.getByText('No agents yet.').waitFor()
    expect(broken).toEqual([])
  })

  test('on a phone nothing is wider than the screen', async () => {
    const phone = await context.newPage()
    await phone.setViewportSize({ width: 390, height: 844 })
    for (const path of [
      '/workplace',
      `/processes/cards/${cards.lease.id}`,
      '/processes?pipeline=call_centre&view=list',
    ]) {
      await phone.goto(front.url + path)
      await phone.locator('main .panel, main table').first().waitFor()
      const [wide, screen] = await phone.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth])
      expect([path, wide]).toEqual([path, screen])
    }
    await phone.close()
  })
})
