import { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import { DriverId } from '../drivers/driver.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { FactSource, PermitSource } from '../rules/house-facts.ts'
import type { SubjectStore } from '../rules/subject-store.ts'
import type { World } from '../world.ts'
import { type OrderGate, stopping } from './order-gate.ts'
import type { OrderStopStore } from './order-stop-store.ts'
import { aboard } from './passenger.ts'

type Deps = Pick<World, 'clock' | 'log'> & {
  readonly db: Db
  readonly gates: readonly OrderGate[]
  readonly store: (db: Db) => OrderStopStore
  readonly shiftsOf: SubjectStore['shifts']
  readonly minKopecks: () => Promise<number>
  /** The aggregator gives him no new orders from now on. */
  readonly stopped: (driver: DriverId, at: EpochMs) => Promise<void>
}

export type OrderStopService = ReturnType<typeof createOrderStopService>

/** New orders of a debtor, stopped at his aggregator and given back as they were. Both may be repeated. */
export function createOrderStopService({ db, clock, log, gates, shiftsOf, minKopecks, ...deps }: Deps) {
  const store = deps.store(db)
  const gateOf = new Map(gates.map((gate) => [gate.source, gate]))
  const stop = async (driverId: DriverId, signal: AbortSignal): Promise<'stopped' | 'not-possible'> => {
    const ref = await store.refOf(driverId)
    const gate = ref && gateOf.get(ref.source)
    if (ref === undefined || gate === undefined) return 'not-possible'
    const standing = await store.standing(driverId)
    if (standing?.stoppedAt != null) return 'stopped'
    const before = standing?.before ?? (await gate.read(ref.externalId, signal))
    if (standing === undefined) await store.begin({ driverId, ...ref, before, at: clock.now() })
    await gate.write(ref.externalId, stopping(before, await minKopecks()), signal)
    const at = clock.now()
    await store.told(driverId, { stoppedAt: at })
    await deps.stopped(driverId, at)
    log.info({ driverId, source: gate.source }, 'orders.stopped')
    return 'stopped'
  }
  const allow = async (driverId: DriverId, signal: AbortSignal): Promise<'allowed' | 'not-possible'> => {
    const standing = await store.standing(driverId)
    if (standing === undefined) return 'allowed'
    const gate = gateOf.get(standing.source)
    if (gate === undefined) return 'not-possible'
    await gate.write(standing.externalId, standing.before, signal)
    await store.told(driverId, { allowedAt: clock.now() })
    log.info({ driverId, source: gate.source }, 'orders.allowed')
    return 'allowed'
  }
  /** `vehicle.aboard`; absent where the aggregator's word is missing or old. */
  const vehicleFacts: FactSource = async (ids) => {
    const vehicles = ids.flatMap((id) => VehicleId.safeParse(id).data ?? [])
    const [drivers, shifts] = await Promise.all([store.driversOf(vehicles), shiftsOf(vehicles)])
    const now = clock.now()
    return new Map(
      [...Map.groupBy(drivers, ({ vehicleId }) => vehicleId)].map(([vehicleId, own]) => {
        const answering = own.find(({ driverId }) => driverId === shifts.get(vehicleId)?.driverId)
        const passenger = aboard(answering, own, now)
        const asOf = answering?.asOf ?? own.find(({ asOf: at }) => at !== null)?.asOf ?? undefined
        if (passenger === undefined || asOf === undefined) return [vehicleId, { facts: {} }]
        return [vehicleId, { facts: { aboard: passenger }, asOf: { aboard: asOf } }]
      }),
    )
  }
  /** `driver.ordersStoppable`: whether his own aggregator lets us. */
  const driverFacts: FactSource = async (ids) => {
    const drivers = ids.flatMap((id) => DriverId.safeParse(id).data ?? [])
    const sources = new Map((await store.refsOf(drivers)).map(({ driverId, source }) => [driverId, source]))
    return new Map(drivers.map((id) => [id, { facts: { ordersStoppable: gateOf.has(sources.get(id) ?? '') } }]))
  }
  const stoppedPermit: PermitSource = (ids) => store.stopped(ids.flatMap((id) => DriverId.safeParse(id).data ?? []))
  return { stop, allow, vehicleFacts, driverFacts, stoppedPermit }
}
