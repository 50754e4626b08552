import type { EpochMs } from '#contract/instant.ts'
import type { YandexPark } from '../balances/yandex-keys-store.ts'
import { DriverId } from '../drivers/driver.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { NotConnected, type ProcessPorts } from '../processes/effects/ports.ts'
import type { Rules } from '../rules/app.ts'
import { createSubjectStore } from '../rules/subject-store.ts'
import type { World } from '../world.ts'
import { createOrderStopService } from './order-stop-service.ts'
import { createOrderStopStore } from './order-stop-store.ts'
import { createYandexOrdersClient } from './yandex-orders-client.ts'

type Parts = {
  readonly db: Db
  readonly world: World
  readonly parks: readonly YandexPark[]
  readonly minKopecks: () => Promise<number>
  readonly stopped: (driver: DriverId, at: EpochMs) => Promise<void>
}

const never = new AbortController().signal

/** Wires what rules know of and ask from the aggregator beyond balances: passengers, and the stop of new orders. */
export function createAggregator({ db, world, parks, minKopecks, stopped }: Parts) {
  const stops = createOrderStopService({
    ...world,
    db,
    gates: parks.filter(({ orders }) => orders === 'stop').map((park) => createYandexOrdersClient(park, world)),
    store: createOrderStopStore,
    shiftsOf: createSubjectStore(db).shifts,
    minKopecks,
    stopped,
  })
  /** The port `aggregator` of cards and rules: `stop_orders`, `allow_orders`. */
  const call: NonNullable<ProcessPorts['call']> = async ({ port, method, args }) => {
    if (port !== 'aggregator') throw new NotConnected(`Порт «${port}» не подключён`)
    const driver = DriverId.safeParse(args['driver']).data
    if (driver === undefined) return undefined
    if (method === 'stop_orders') return { outcome: await stops.stop(driver, never) }
    return method === 'allow_orders' ? { outcome: await stops.allow(driver, never) } : undefined
  }
  return {
    call,
    joinRules: (ports: Rules['ports']): void => {
      ports.facts('vehicle', stops.vehicleFacts)
      ports.facts('driver', stops.driverFacts)
      ports.permit('orders_stopped', stops.stoppedPermit)
    },
  }
}
