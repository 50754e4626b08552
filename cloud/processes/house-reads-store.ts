import { VehicleId } from '#contract/ids.ts'
import { type EpochMs, epochMs } from '#contract/instant.ts'
import { DayTime, momentOf } from '../calendar/moscow-day.ts'
import { DriverId } from '../drivers/driver.ts'
import type { Fact, Facts } from '../expressions/fact-type.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { PaperRow } from '../postgres/upkeep-tables.ts'
import type { SubjectStore } from '../rules/subject-store.ts'
import type { Knowledge } from '../vehicles/vehicle-service.ts'
import type { OutsideReads } from './fact-store.ts'
import type { HouseRecordStore } from './house-record-store.ts'
import { expectedDriving } from './own-car.ts'

type Around = {
  readonly now: () => EpochMs
  readonly zoneOf: Knowledge['zoneOf']
  readonly zoneId: string
  readonly areaOutageOf: (vehicles: readonly VehicleId[], within: Db) => Promise<ReadonlyMap<VehicleId, boolean>>
  /** Papers in force, within this transaction. */
  readonly papersOf: (vehicles: readonly VehicleId[]) => Promise<readonly PaperRow[]>
  readonly shiftsOf: SubjectStore['shifts']
  /** Promises to pay are the ledger's. */
  readonly promisesOf: SubjectStore['promises']
  /** Upkeep of cars, and drivers, within this transaction. */
  readonly records: HouseRecordStore
}

const MIDNIGHT = DayTime.parse('00:00')

/** What the house's own tables say of vehicles and drivers, within the transaction of a decision. What is not told is unknown. */
export function createHouseReads(
  db: Db,
  { now, zoneOf, zoneId, areaOutageOf, papersOf, shiftsOf, promisesOf, records }: Around,
): OutsideReads {
  const holdsOf = (vehicle: VehicleId) =>
    db
      .selectFrom('holds')
      .select(['reason', 'key'])
      .where('vehicleId', '=', vehicle)
      .where('liftedAt', 'is', null)
      .execute()
  const gatewayOf = async (vehicle: VehicleId): Promise<Facts | undefined> => {
    const row = await db
      .selectFrom('gateways')
      .select(['online', 'sealedBy'])
      .where('vehicleId', '=', vehicle)
      .where('revokedAt', 'is', null)
      .executeTakeFirst()
    if (row === undefined) return undefined
    // A technician seals an installation once he has seen its relay work; a broken seal names nobody.
    return { ...(row.online === null ? {} : { online: row.online }), relayTested: row.sealedBy !== null }
  }
  return {
    record: async (entity, id, own) => {
      const vehicle = VehicleId.safeParse(id).data
      if (entity === 'gateway' && vehicle !== undefined) return gatewayOf(vehicle)
      const driver = DriverId.safeParse(id).data
      if (entity === 'driver' && driver !== undefined) return records.driver(driver)
      // A machine that carries a gateway is a vehicle of the house too: its hours come from the one that its card names.
      const carrier = vehicle ?? VehicleId.safeParse(own?.['vehicle']).data
      if (entity === 'machine' && carrier !== undefined) return records.metersOf(carrier)
      if (entity === 'auto' && own !== undefined) {
        // Where a client's own car carries a gateway of ours, that knows better than the last visit.
        const driven = carrier === undefined ? {} : await records.drivenOf(carrier)
        return { ...driven, ...expectedDriving({ ...own, ...driven }, now()) }
      }
      if (entity !== 'vehicle') return undefined
      const row =
        vehicle &&
        (await db.selectFrom('vehicles').select(['plate', 'model']).where('id', '=', vehicle).executeTakeFirst())
      if (vehicle === undefined || row === undefined) return undefined
      const holds = await holdsOf(vehicle)
      const papers = await papersOf([vehicle])
      const dates = new Map<string, number>()
      // Of several of one kind the longest counts, as in the registry of papers.
      for (const { kind, validUntil } of papers)
        dates.set(`${kind}Until`, Math.max(dates.get(`${kind}Until`) ?? 0, momentOf(validUntil, MIDNIGHT)))
      const card = await db
        .selectFrom('vehicleCards')
        .select(['vin', 'sts'])
        .where('vehicleId', '=', vehicle)
        .executeTakeFirst()
      return {
        ...(card?.vin ? { vin: card.vin } : {}),
        ...(card?.sts ? { sts: card.sts } : {}),
        plate: row.plate,
        model: row.model,
        holds: [...new Set(holds.map(({ reason }) => reason))],
        ...Object.fromEntries(dates),
        ...(await records.upkeepOf(vehicle)),
      }
    },
    find: async (entity, field, value) => (entity === 'driver' ? records.findDrivers(field, value) : []),
    balance: async (driver, maxAgeMs): Promise<Fact> => {
      const id = DriverId.safeParse(driver).data
      const row =
        id &&
        (await db.selectFrom('balances').select(['kopecks', 'asOf']).where('driverId', '=', id).executeTakeFirst())
      const isOld = row !== undefined && maxAgeMs !== undefined && now() - row.asOf > maxAgeMs
      return row === undefined || isOld ? undefined : { kopecks: row.kopecks, asOf: row.asOf }
    },
    held: async (vehicle, reason, key) => {
      const id = VehicleId.safeParse(vehicle).data
      return id === undefined
        ? undefined
        : (await holdsOf(id)).some((hold) => hold.reason === reason && (key === undefined || hold.key === key))
    },
    permit: async (permit, record, at) => {
      const driver = DriverId.safeParse(record).data
      if (permit !== 'payment_promise' || driver === undefined) return undefined
      return (await promisesOf([driver], epochMs(at))).has(driver)
    },
    zoneState: async (vehicle, zone) => {
      const id = VehicleId.safeParse(vehicle).data
      const standing =
        id === undefined || zone.replaceAll('_', '-') !== zoneId ? undefined : (await zoneOf([id])).get(id)
      return standing?.inside === null || standing === undefined
        ? undefined
        : { inside: standing.inside, since: standing.since }
    },
    areaOutage: async (vehicle) => {
      const id = VehicleId.safeParse(vehicle).data
      return id === undefined ? undefined : (await areaOutageOf([id], db)).get(id)
    },
    shift: async (vehicle) => {
      const id = VehicleId.safeParse(vehicle).data
      const shift = id && (await shiftsOf([id])).get(id)
      // Known that nobody's shift is open: the fields are absent, the record is there.
      return shift ? { driver: shift.driverId, since: shift.since } : {}
    },
  }
}
