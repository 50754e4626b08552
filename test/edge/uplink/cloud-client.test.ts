import { afterEach, expect, test, vi } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { millis } from '#contract/instant.ts'
import type { Log } from '../../../edge/log.ts'
import { type CloudClient, createCloudClient } from '../../../edge/uplink/cloud-client.ts'
import { connectionEnded, FIRST_TRY } from '../../../edge/uplink/reconnect-pause.ts'
import { createFastClock } from '../../support/fast-clock.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import { createCloudMock } from '../../support/mqtt-mock.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const SPEED = 40
const GATEWAY = GatewayId.parse('gw-testtest1')
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

type Told = { readonly event: string; readonly at: number }

function client(brokerUrl: string, boot: string): { client: CloudClient; told: Told[]; contested: () => number } {
  const clock = createFastClock(SPEED)
  const told: Told[] = []
  let contests = 0
  const note = (_: object, event: string): void => void told.push({ event, at: clock.steady() })
  const log: Log = { debug: note, info: note, warn: note, error: note }
  const made = createCloudClient({
    brokerUrl,
    gatewayId: GATEWAY,
    access: { by: 'password', password: 'secret' },
    protocolVersion: 4,
    software: 'test',
    boot,
    clock,
    log,
    random: seededRandom(1, boot),
    onReceipt: () => {},
    onOrder: () => {},
    onConfig: () => {},
    onChange: () => {},
    onContested: () => {
      contests += 1
    },
  })
  const stopping = new AbortController()
  const done = made.run(stopping.signal)
  closing.push(() => {
    stopping.abort()
    return done
  })
  return { client: made, told, contested: () => contests }
}
const count = (told: readonly Told[], event: string): number => told.filter((one) => one.event === event).length
const until = (condition: () => void) => vi.waitFor(condition, { timeout: 45_000, interval: 10 })

test('a half-open connection is found out within a minute of the first unanswered message, and made anew', async () => {
  const cloud = await createCloudMock()
  closing.push(cloud.close)
  const proxy = await startFaultProxy(Number(new URL(cloud.brokerUrl).port))
  closing.push(proxy.close)
  const { client: uplink, told } = client(`mqtt://127.0.0.1:${proxy.port}`, 'boot-1')
  await until(() => expect(uplink.connection()).toBeDefined())
  proxy.set({ halfOpen: true })
  const asked = told.at(-1)?.at ?? 0
  const lost = uplink.publishRecords(new TextEncoder().encode('{}')).then(
    () => 'acknowledged',
    () => 'rejected',
  )
  await until(() => expect(count(told, 'uplink.silent')).toBe(1))
  const found = told.find(({ event }) => event === 'uplink.silent')?.at ?? 0
  expect(found - asked).toBeGreaterThanOrEqual(49_000)
  expect(found - asked).toBeLessThan(70_000)
  expect(await lost).toBe('rejected')
  proxy.set({ halfOpen: false })
  await until(() => expect(count(told, 'uplink.connected')).toBe(2))
})

test('two gateways with one identity: the newer takes over, both slow down, and it is said once', async () => {
  const cloud = await createCloudMock()
  closing.push(cloud.close)
  const first = client(cloud.brokerUrl, 'boot-1')
  await until(() => expect(first.client.connection()).toBeDefined())
  const second = client(cloud.brokerUrl, 'boot-2')
  await until(() => expect(first.contested() + second.contested()).toBeGreaterThanOrEqual(1))
  const [before, from] = [takeovers(first, second), performance.now()]
  // Four minutes more of the car's time: about a takeover in half a minute, not one in a second.
  await until(() => expect(performance.now() - from).toBeGreaterThan(240_000 / SPEED))
  expect(takeovers(first, second) - before).toBeGreaterThan(0)
  expect(takeovers(first, second) - before).toBeLessThan(30)
  expect(first.contested()).toBeLessThanOrEqual(1)
  expect(second.contested()).toBeLessThanOrEqual(1)
}, 60_000)

const takeovers = (...sides: readonly { readonly told: readonly Told[] }[]): number =>
  sides.reduce((sum, { told }) => sum + count(told, 'uplink.connected'), 0)

test('a connection that held for a minute is no failure, and a broker that goes away is no contest', () => {
  let history = FIRST_TRY
  for (let round = 0; round < 20; round += 1) {
    const ended = connectionEnded(history, { by: 'no-connection', lasted: millis(0) }, millis(round * 1000))
    expect(ended.isContested).toBe(false)
    history = ended.history
  }
  expect(history.failures).toBe(20)
  expect(connectionEnded(history, { by: 'them', lasted: millis(60_000) }, millis(0)).history).toEqual(FIRST_TRY)
})
