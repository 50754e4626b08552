import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createRandom } from '../random.ts'
import { createFakeYandexFleet, type FakeYandexDriver } from '../yandex-fleet-client.ts'

// The fake of Yandex Fleet for `npm start`: writes the keys file that the cloud is given, says where it listens, and lets
// balances live: trips bring money, the park's daily rent takes it.

const PARK = { parkId: 'demo', clientId: 'taxi/park/demo', apiKey: 'demo-key-of-the-fake' }
const folder = join(process.env['KORDON_DATA_DIR'] ?? 'data', 'yandex')
const [keysFile, portFile] = [join(folder, 'keys.json'), join(folder, 'port')]
const EVERY_MS = 15_000
/** Of the first two, who drive cars of the demo: well above the threshold, and just above it. */
const START = [15_900, 5600]

const fake = createFakeYandexFleet({ ...PARK, drivers: 40 })
for (const [index, rubles] of START.entries()) {
  const driver = fake.drivers[index]
  if (driver !== undefined) driver.balanceTenThousandths = rubles * 10_000
}

/** The port of last time, so that a cloud which outlives us finds us again. */
async function listen(): Promise<string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const before = lastPort()
  const url = await fake.listen(before).catch(() => fake.listen(0))
  writeFileSync(portFile, new URL(url).port)
  writeFileSync(keysFile, JSON.stringify([{ ...PARK, baseUrl: url, orders: 'stop' }]), { mode: 0o600 })
  return url
}
function lastPort(): number {
  try {
    return Number(readFileSync(portFile, 'utf8'))
  } catch {
    return 0
  }
}

const random = createRandom(20_261_123)
/** A trip of some minutes, now and then: paid when it ends. */
function live(driver: FakeYandexDriver): void {
  if (driver.status === 'in_order' && random() < 0.2) {
    driver.status = 'free'
    driver.balanceTenThousandths += Math.round((250 + random() * 900) * 10_000)
  } else if (driver.status === 'free' && random() < 0.3 && !driver.blocksOrders) driver.status = 'in_order'
  else if (random() < 0.02) driver.status = driver.status === 'offline' ? 'free' : 'offline'
  // Fuel and commission.
  if (driver.status === 'in_order') driver.balanceTenThousandths -= Math.round(random() * 60 * 10_000)
}

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
console.log(`kordon.yandex ${await listen()} ${keysFile}`)
while (!stopping.signal.aborted) {
  await wait(EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
  for (const driver of fake.drivers) live(driver)
}
await fake.close()
