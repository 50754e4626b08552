import { connectAsync } from 'mqtt'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { upTopic } from '#contract/topics.ts'
import { plateWords } from '../../../cloud/console/vehicles/plate.ts'
import { claimCertificate } from '../../support/claimed-gateway.ts'
import { requireReal } from '../../support/real-servers.ts'
import type { RestClient } from '../../support/rest-client.ts'
import { type RunningCloud, startCloud } from '../../support/running-cloud.ts'
import { builtConsole, openBrowser, PATIENCE } from './support/browser.ts'
import { startConsoleFront } from './support/console-front.ts'

const STREAM = '00112233-4455-4677-8899-aabbccddeeff'
const batch = (firstSeq: number, record: unknown): string =>
  JSON.stringify({ v: 1, stream: STREAM, firstSeq, records: [record] })

describe.skipIf(!requireReal('chromium'))('the quarantine over a real cloud', PATIENCE, () => {
  let browser: Browser
  let cloud: RunningCloud
  let front: Awaited<ReturnType<typeof startConsoleFront>>
  let office: RestClient
  let page: Page
  let gateway: string

  beforeAll(async () => {
    ;[browser, cloud] = await Promise.all([openBrowser(), startCloud()])
    front = await startConsoleFront({ dist: await builtConsole(), cloud: cloud.url })
    office = await cloud.as('owner')
    const claimed = await claimCertificate(cloud.url, office)
    gateway = claimed.gateway
    const { key, cert, ca } = claimed
    const client = await connectAsync(`mqtts://127.0.0.1:${cloud.mqttsPort}`, {
      ...{ key, cert, ca, servername: 'localhost', rejectUnauthorized: false },
      clientId: gateway,
      protocolVersion: 4,
    })
    const topic = upTopic(claimed.gateway, 'records')
    // From a gateway that is ahead of this cloud, twice; and bytes that are no message at all.
    await client.publishAsync(topic, batch(1, { kind: 'weather', rain: true }), { qos: 1 })
    await client.publishAsync(topic, batch(2, { kind: 'weather', rain: false }), { qos: 1 })
    await client.publishAsync(topic, Buffer.from([0xff, 0x00, 0x7b]), { qos: 1 })
    await client.endAsync()
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'ru-RU' })
    const data = { login: 'owner', password: 'demo-owner' }
    await context.request.post(`${front.url}/api/session`, { data, headers: { origin: front.url } })
    page = await context.newPage()
  }, 120_000)
  afterAll(async () => {
    await browser.close()
    await front.close()
    await cloud.stop()
  })

  test.each([1440, 390])(
    '%i pixels wide, in English, the sender is his car, and his name is not broken',
    async (width) => {
      const [{ plate }] = (await office.get('/api/gateways')).body.items
      await page.setViewportSize({ width, height: 900 })
      await page.goto(front.url)
      await page.evaluate(() => localStorage.setItem('kordon.language', 'en'))
      await page.goto(`${front.url}/quarantine`)
      const sender = page.getByRole('table', { name: 'Quarantine' }).getByRole('row').nth(1).getByRole('cell').nth(1)
      const name = sender.getByText(gateway, { exact: true })
      expect((await name.boundingBox())?.height).toBeLessThan(25)
      expect(await sender.textContent()).toBe(`${plateWords(plate)}${gateway}whole message`)
      await page.evaluate(() => localStorage.removeItem('kordon.language'))
      await page.setViewportSize({ width: 1440, height: 900 })
    },
  )

  test('shows why and how often, the record itself, reads it again, and throws it away after a question', async () => {
    await page.goto(`${front.url}/quarantine`)
    const table = page.getByRole('table', { name: 'Карантин' })
    await table.getByText('Незнакомый вид записи').first().waitFor()
    const row = table.getByRole('row').filter({ hasText: 'запись 2' })
    expect(await row.getByRole('cell').nth(2).textContent()).toMatch(/^2/)
    await row.getByRole('button', { name: 'Показать' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('"rain":false').waitFor()
    await dialog.getByText('kind: expected frame, report or event').waitFor()
    await dialog.getByRole('button', { name: 'Прочитать снова' }).click()
    await dialog.getByRole('alert').getByText('Запись по-прежнему не читается').waitFor()
    await dialog.getByRole('checkbox', { name: 'И все такие же отсюда (2)' }).waitFor()
    await dialog.getByRole('button', { name: 'Выбросить' }).click()
    await page.getByText('Её нельзя будет прочитать и после обновления').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Выбросить' }).click()
    await page.getByText('Выброшено.').waitFor()
    await row.waitFor({ state: 'detached' })
    const left = (await office.get('/api/quarantine')).body.items
    expect(left.map(({ seq }: { seq: number | null }) => seq)).toEqual([null, 1])
    await table.getByRole('row').filter({ hasText: 'сообщение целиком' }).getByRole('button').click()
    await page.getByRole('dialog').getByText('ff 00 7b').waitFor()
  })
})
