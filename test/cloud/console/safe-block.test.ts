import { createReadStream, existsSync } from 'node:fs'
import { createServer, request as httpRequest, type Server } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { VehiclePlan } from '../../../demo/fleet.ts'
import { requireReal } from '../../support/real-servers.ts'
import type { RestClient } from '../../support/rest-client.ts'
import { type RunningCloud, startCloud } from '../../support/running-cloud.ts'
import { type RunningFleet, startFleet } from '../../support/running-fleet.ts'
import { until } from '../../support/until.ts'
import { builtConsole, openBrowser } from './support/browser.ts'

const PARKED: VehiclePlan = {
  key: 'parked',
  plate: 'М512ТУ799',
  model: 'Haval Jolion',
  fitting: 'gps-unit-and-relay',
  life: { kind: 'parked', at: { lat: 55.7172, lon: 37.7935 } },
}

describe('one car, its real gateway, the real cloud', () => {
  let cloud: RunningCloud
  let fleet: RunningFleet
  let api: RestClient
  let id = ''
  const vehicle = async () => (await api.get(`/api/vehicles/${id}`)).body
  const coil = (): boolean => fleet.byKey('parked').coils()[0] === true
  const place = (reason: string) => api.send('POST', `/api/vehicles/${id}/holds`, { reason, note: 'проверка' })
  const page = (): string => `http://127.0.0.1:${fleet.byKey('parked').gateway()?.status().localPort}/`
  const type = async (code: string): Promise<number> =>
    (await fetch(page(), { method: 'POST', body: new URLSearchParams({ code }) })).status

  beforeAll(async () => {
    cloud = await startCloud()
    api = await cloud.as('owner')
    fleet = startFleet({
      cloudUrl: cloud.url,
      plans: [PARKED],
      interlock: { ignitionOffMs: 30_000, relayRestMs: 0, relayTogglesPerHour: 100 },
      gateway: { localPage: { host: '127.0.0.1', port: 0 } },
    })
    await until(
      'the car can be blocked',
      async () => {
        const [first] = (await api.get('/api/vehicles')).body.items
        id = first?.id ?? ''
        return first?.immobilizer.canBlock === true && first.immobilizer.relay === 'closed'
      },
      { withinMs: 120_000, everyMs: 250 },
    )
  }, 180_000)
  afterAll(async () => {
    await fleet?.stop()
    await cloud?.stop()
  }, 60_000)

  test.skipIf(!requireReal('chromium'))(
    'in the browser: the first of two reasons lifted, the car stays blocked and the page names the other',
    async () => {
      await place('papers')
      await place('manual')
      await until('it is blocked', async () => (await vehicle()).immobilizer.state === 'blocked', { withinMs: 120_000 })
      expect(coil()).toBe(true)
      const front = await serveConsole(await builtConsole(), cloud.url)
      const browser = await openBrowser()
      try {
        const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
        const view = await context.newPage()
        await view.goto(`${front.url}/vehicles/${id}`)
        await view.getByLabel('Логин').fill('owner')
        await view.getByLabel('Пароль').fill('demo-owner')
        await view.getByRole('button', { name: 'Войти' }).click()
        const badge = view.getByTestId('immobilizer-state')
        await badge.getByText('Заблокирован').waitFor()
        const holds = view.getByTestId('holds')
        await holds.getByText('документы').waitFor()
        const orders = (await api.get(`/api/vehicles/${id}/orders`)).body.items.length
        await holds.getByRole('button', { name: 'Снять' }).nth(1).click()
        const dialog = view.getByRole('dialog')
        await dialog.getByText(/Машина останется заблокированной: документы с/).waitFor()
        await dialog.getByRole('button', { name: 'Снять' }).click()
        await view.getByText(/Причина снята, но машина остаётся заблокированной: документы с/).waitFor()
        await until('one reason is left', async () => (await vehicle()).immobilizer.holds.length === 1)
        // Two rounds of the loop that would free it, had it a reason to.
        await new Promise((done) => setTimeout(done, 11_000))
        expect(coil()).toBe(true)
        expect(await badge.getAttribute('data-state')).toBe('blocked')
        expect((await api.get(`/api/vehicles/${id}/orders`)).body.items).toHaveLength(orders)
      } finally {
        await browser.close()
        await front.close()
      }
    },
    240_000,
  )

  test('with the cloud killed a one-time code frees the car, once, and no block comes back with the cloud', async () => {
    if ((await vehicle()).immobilizer.holds.length === 0) await place('papers')
    await until('it is blocked', async () => (await vehicle()).immobilizer.state === 'blocked', { withinMs: 120_000 })
    const given = await api.send('POST', `/api/vehicles/${id}/unlock-code`, { note: 'водитель' })
    expect(given.body).toMatchObject({ validFor: 'once', counter: 0 })
    await cloud.kill()
    await until('nobody is there', () => fleet.byKey('parked').gateway()?.status().uplink === 'away', {
      withinMs: 120_000,
    })
    expect(coil()).toBe(true)
    expect(await type('0000 0000')).toBe(403)
    const typedAt = performance.now()
    expect(await type(given.body.code)).toBe(200)
    await until('the coil has closed', () => !coil(), { everyMs: 5 })
    console.log(`freed ${(performance.now() - typedAt).toFixed(0)} ms after the code was sent`)
    expect(await type(given.body.code)).toBe(403)

    await cloud.restart()
    api = await cloud.as('owner')
    const freed = await until(
      'the cloud has heard of it',
      async () => {
        const { immobilizer } = await vehicle()
        return immobilizer.grace !== null && immobilizer.state === 'permitted' && immobilizer
      },
      { withinMs: 120_000 },
    )
    expect(freed).toMatchObject({ grace: { givenBy: { id: 'unlock-code' } }, holds: [{ reason: 'papers' }] })
    await new Promise((done) => setTimeout(done, 11_000))
    expect(coil()).toBe(false)
    const after = await vehicle()
    expect(after.immobilizer).toMatchObject({ state: 'permitted', whyNot: 'grace' })
  }, 300_000)
})

/** The console as built from these sources, in front of the real cloud. */
async function serveConsole(dist: string, cloudUrl: string) {
  const types: Readonly<Record<string, string>> = {
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.svg': 'image/svg+xml',
  }
  const server: Server = createServer((asked, answer) => {
    const path = new URL(asked.url ?? '/', 'http://front').pathname
    if (path.startsWith('/api/')) {
      const headers = { ...asked.headers, host: new URL(cloudUrl).host }
      if (headers.origin !== undefined) headers.origin = cloudUrl
      const onward = httpRequest(new URL(asked.url ?? '/', cloudUrl), { method: asked.method, headers }, (found) => {
        answer.writeHead(found.statusCode ?? 502, found.headers)
        found.pipe(answer)
      })
      onward.on('error', () => answer.destroy())
      asked.pipe(onward)
      return
    }
    const file = join(dist, normalize(path))
    const found = path !== '/' && existsSync(file) && extname(file) !== '' ? file : join(dist, 'index.html')
    answer.writeHead(200, { 'content-type': types[extname(found)] ?? 'text/html; charset=utf-8' })
    createReadStream(found).pipe(answer)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
