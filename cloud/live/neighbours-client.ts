import pg from 'pg'
import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { type Clock, millis, seconds } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import { createBell, restUntilRung } from '../orders/bell.ts'
import { Screen } from './live-message.ts'

/** What one instance tells the others: which vehicles have changed, alerts as they stand, and that gateways came or went. */
const Told = z.strictObject({
  from: z.string(),
  vehicles: z.array(VehicleId),
  orders: z.array(VehicleId),
  alerts: z.array(z.looseObject({ id: z.string() })),
  /** A neighbour of an older version says nothing of them, and is told of each apart. */
  screens: z.array(Screen).optional(),
  registry: z.literal('changed').optional(),
})
type Told = z.infer<typeof Told>
type News<Alert> = Omit<Told, 'alerts'> & { alerts: Alert[] }

export type Hears<Alert> = {
  vehicleChanged(vehicle: VehicleId): void
  orderChanged(vehicle: VehicleId): void
  alert(alert: Alert): void
  screen(screen: Screen): void
  /** A gateway was made, claimed, sealed or revoked. */
  registryChanged(): void
  /** Something may have been missed: whoever reads the feed has to ask for the whole state again. */
  missed(): void
}

type Deps<Alert> = {
  readonly databaseUrl: string
  /** This process, not its name: what it says itself it does not hear. */
  readonly self: string
  readonly readAlert: (candidate: unknown) => Alert | undefined
  readonly clock: Clock
  readonly log: Log
}

const CHANNEL = 'kordon_live'
/** A notification holds 8,000 bytes (PostgreSQL, NOTIFY). */
const IDS_AT_ONCE = 180
const BREATH = millis(100)
const RETRY = seconds(1)
const UNANSWERED_MS = 10_000

/** Carries changes between the cloud instances of one PostgreSQL, so that every console hears of them. */
export function createNeighboursClient<Alert extends { readonly id: string }>(deps: Deps<Alert>) {
  const { clock, log } = deps
  const vehicles = new Set<VehicleId>()
  const orders = new Set<VehicleId>()
  let alerts: Alert[] = []
  let screens: Screen[] = []
  let registry: 'told' | 'changed' = 'told'
  const bell = createBell<never>()

  /** The next notification, or undefined when there is nothing to tell. */
  const take = (): News<Alert> | undefined => {
    if (registry === 'changed') {
      registry = 'told'
      return { from: deps.self, vehicles: [], orders: [], alerts: [], registry: 'changed' }
    }
    const some = (from: Set<VehicleId>, most: number): VehicleId[] => {
      const taken = [...from].slice(0, most)
      for (const id of taken) from.delete(id)
      return taken
    }
    const order = some(orders, IDS_AT_ONCE / 2)
    const vehicle = some(vehicles, IDS_AT_ONCE - order.length)
    if (order.length + vehicle.length > 0) return { from: deps.self, vehicles: vehicle, orders: order, alerts: [] }
    const screen = screens.shift()
    if (screen !== undefined) return { from: deps.self, vehicles: [], orders: [], alerts: [], screens: [screen] }
    const alert = alerts.shift()
    return alert === undefined ? undefined : { from: deps.self, vehicles: [], orders: [], alerts: [alert] }
  }

  /** It was not told, or nobody knows: told twice it does no harm. */
  const putBack = (news: News<Alert>): void => {
    for (const id of news.vehicles) vehicles.add(id)
    for (const id of news.orders) orders.add(id)
    alerts = [...news.alerts, ...alerts]
    screens = [...(news.screens ?? []), ...screens]
    registry = news.registry ?? registry
  }

  const hear = (text: string, hears: Hears<Alert>): void => {
    const news = Told.safeParse(JSON.parse(text))
    if (!news.success || news.data.from === deps.self) return
    for (const id of news.data.vehicles) hears.vehicleChanged(id)
    for (const id of news.data.orders) hears.orderChanged(id)
    for (const one of news.data.alerts) {
      const alert = deps.readAlert(one)
      if (alert !== undefined) hears.alert(alert)
    }
    for (const screen of news.data.screens ?? []) hears.screen(screen)
    if (news.data.registry === 'changed') hears.registryChanged()
  }

  const converse = async (hears: Hears<Alert>, stop: AbortSignal): Promise<void> => {
    const client = new pg.Client({
      connectionString: deps.databaseUrl,
      connectionTimeoutMillis: UNANSWERED_MS,
      query_timeout: UNANSWERED_MS,
    })
    const broken = new AbortController()
    client.on('error', () => broken.abort())
    client.on('end', () => broken.abort())
    client.on('notification', ({ payload }) => payload !== undefined && hear(payload, hears))
    const over = AbortSignal.any([stop, broken.signal])
    try {
      await client.connect()
      await client.query(`listen ${CHANNEL}`)
      hears.missed()
      while (!over.aborted) {
        bell.take()
        for (let news = take(); news !== undefined && !over.aborted; news = take())
          try {
            await client.query('select pg_notify($1, $2)', [CHANNEL, JSON.stringify(news)])
          } catch (cause) {
            putBack(news)
            throw cause
          }
        // Who only listens does not notice that nobody speaks any more.
        await client.query('select')
        await clock.sleep(BREATH, over)
        await restUntilRung(bell, clock, seconds(5), over)
      }
    } finally {
      // A line that is dead does not even end.
      await Promise.race([client.end().catch(() => {}), clock.sleep(RETRY, stop)])
    }
  }

  const told =
    <Value>(set: Set<Value>) =>
    (value: Value): void => {
      set.add(value)
      bell.ring()
    }
  return {
    vehicleChanged: told(vehicles),
    orderChanged: told(orders),
    alert: (alert: Alert): void => {
      // What cannot be told for long is of no use to anybody's screen.
      alerts = [...alerts.slice(-200), alert]
      bell.ring()
    },
    screen: (screen: Screen): void => {
      screens = [...screens.slice(-200), screen]
      bell.ring()
    },
    registryChanged: (): void => {
      registry = 'changed'
      bell.ring()
    },
    /** Talks with the others until told to stop; a lost connection is made anew. */
    run: async (hears: Hears<Alert>, stop: AbortSignal): Promise<void> => {
      while (!stop.aborted) {
        await converse(hears, stop).catch((err: unknown) => log.warn({ err }, 'neighbours.lost'))
        await clock.sleep(RETRY, stop)
      }
    },
  }
}
