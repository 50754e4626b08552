import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type ApproverApp, setUpApprover } from '../support/approver-app.ts'
import { startPostgres } from '../support/real-servers.ts'
import type { RestClient } from '../support/rest-client.ts'
import { startCloud } from '../support/running-cloud.ts'
import { seedFleet } from '../support/seeded-fleet.ts'
import type { BenchOptions, BenchResult } from './bench.ts'
import { type LightCar, sealAll, startLightFleet } from './light-fleet.ts'
import { followOrders, signIn } from './live-orders.ts'
import { percentile, spread, table } from './table.ts'

const AT_ONCE = 16
const BUS_MS = 1
const PATIENCE_MS = 10 * 60_000

async function inParallel<Item, Answer>(
  items: readonly Item[],
  work: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const waiting = [...items]
  const answers: Answer[] = []
  const run = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) answers.push(await work(item))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, run))
  return answers
}

const place = async (api: RestClient, car: LightCar): Promise<string> => {
  const { status, body } = await api.send('POST', `/api/vehicles/${car.vehicleId}/holds`, {
    reason: 'theft',
    note: 'bench',
  })
  if (status !== 202) throw new Error(`the hold was not taken: ${status} ${JSON.stringify(body)}`)
  return body.order.id
}

/** The second person's page: stands by every block that waits for another person. */
async function approveWaiting(api: RestClient, orders: readonly string[], app: ApproverApp): Promise<void> {
  const { status, body } = await api.send('POST', '/api/orders/approvals', { orders, code: app.code(Date.now()) })
  if (status !== 200) throw new Error(`not approved: ${status} ${JSON.stringify(body)}`)
}

/** Orders that came to wait after the first word want another, and a code counts once. */
const CODE_LIVES_MS = 30_000

/** The list shows 500 at most. */
const LISTED = 500
const ONE_PERSON = 5
async function untilAllWait(api: RestClient, count: number): Promise<void> {
  for (const giveUpAt = performance.now() + PATIENCE_MS; performance.now() < giveUpAt; await pause(250)) {
    const { body } = await api.get('/api/governor')
    if (body.waiting.length >= Math.min(LISTED, count)) return
  }
  throw new Error(`not all of ${count} orders came to wait for a second person`)
}

/** A hold for every car of a fleet by one person, approved by another: until the last car has proved its block. */
export async function blockFleet(count: number, { print }: BenchOptions): Promise<BenchResult> {
  const began = performance.now()
  const postgres = await startPostgres()
  const gateways = await seedFleet(postgres.url, count)
  await sealAll(postgres.url)
  const cloud = await startCloud({
    DATABASE_URL: postgres.url,
    KORDON_REQUESTS_PER_MINUTE: '1000000',
    KORDON_LOG_LEVEL: 'warn',
  })
  const { url: cloudUrl, mqttPort } = cloud
  const fleet = await startLightFleet({ cloudUrl, databaseUrl: postgres.url, mqttPort, gateways, busMs: BUS_MS })
  print(`${fleet.cars.length} parked cars are connected after ${((performance.now() - began) / 1000).toFixed(1)} s`)
  const live = await followOrders(cloud.url, await signIn(cloud.url, 'owner'))
  const [owner, second] = [await cloud.as('owner'), await cloud.as('head')]
  const clicked = performance.now()
  const provedMs: number[] = []
  /** Cars whose interlock wanted another minute of evidence: this machine stood still for more than 3 s. */
  let held = 0
  const orders = await inParallel(fleet.cars, (car) => place(owner, car))
  const placedMs = performance.now() - clicked
  const proving = orders.map((order) =>
    live.verified(order, PATIENCE_MS).then(({ steps }) => {
      provedMs.push(performance.now() - clicked)
      if (steps.some(({ state }) => state === 'waiting')) held += 1
    }),
  )
  const { body: governor } = await second.get('/api/governor')
  const { id } = governor.approvers.find(({ name }: { name: string }) => name === 'head')
  const app = setUpApprover(join(cloud.dataDir, 'signer'), id, 'head')
  // The second person looks at the list when everything is on it: all but what one person may order alone.
  await untilAllWait(second, orders.length - ONE_PERSON)
  const approvedAt = performance.now()
  const ending = Promise.allSettled(proving)
  let over: 'no' | 'yes' = 'no'
  void ending.then(() => {
    over = 'yes'
  })
  while (over === 'no') {
    await approveWaiting(second, orders, app)
    await Promise.race([ending, pause(CODE_LIVES_MS)])
  }
  const ended = await ending
  const failed = ended.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []))
  const allMs = performance.now() - approvedAt
  const closed = fleet.cars.filter((car) => car.coil() !== 'open').length
  live.close()
  await fleet.stop()
  await cloud.stop()
  await postgres.stop()
  print(
    table([
      [
        'cars',
        'verified',
        'coils not open',
        'waited for evidence',
        'holds placed s',
        'p50 s from the first click',
        'last s from the approval',
      ],
      [count, provedMs.length, closed, held, placedMs / 1000, percentile(provedMs, 0.5) / 1000, allMs / 1000],
    ]),
  )
  return {
    unit: 's from the second person’s approval to the last verified block',
    pairs: 1,
    own: spread([allMs / 1000]),
    peer: null,
    ratio: null,
    void: failed.length + closed > 0 ? `${failed.length} of ${count} were not verified: ${failed[0] ?? ''}` : null,
    more: { cars: count, verified: provedMs.length, held, placedS: placedMs / 1000 },
  }
}
