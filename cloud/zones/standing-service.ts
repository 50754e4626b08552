import type { VehicleId } from '#contract/ids.ts'
import { type Clock, type EpochMs, minutes } from '#contract/instant.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { Surroundings } from '../vehicles/vehicle-view.ts'
import type { ConditionService } from './condition-service.ts'
import type { ZoneStore } from './zone-store.ts'

/** Where a vehicle stands towards the zone of the contract; `inside` is null until several fixes have agreed. */
export type ZoneStanding = { readonly name: string; readonly inside: boolean | null; readonly since: EpochMs | null }

/** For decisions. `provedAt`: when the place that says so was read. */
export type TrustedSide = Omit<ZoneStanding, 'name'> & { readonly provedAt: EpochMs | null }

/** Where a car was that long ago says nothing of now: whoever has not been heard of since is on no side. */
const COUNTS_FOR = minutes(40)

type Deps = {
  readonly db: Db
  readonly clock: Pick<Clock, 'now'>
  readonly zone: { readonly id: string; readonly name: string }
  readonly zoneStore: (db: Db) => ZoneStore
  readonly conditions: Pick<ConditionService, 'of'>
}

export type StandingService = ReturnType<typeof createStandingService>

/** Where vehicles stand, as views show it and as decisions may use it. Within a transaction, hand it in. */
export function createStandingService({ db, clock, zone, zoneStore, conditions }: Deps) {
  const standings = async (vehicles: readonly VehicleId[], within: Db, zoneId = zone.id) =>
    new Map((await zoneStore(within).standings([zoneId], vehicles)).map((row) => [row.vehicleId, row]))
  /**
   * For decisions: a side only while the position is trusted and of now, and "outside" only of a vehicle that was seen to
   * cross the border. Everything else is unknown, and decides nothing. Being inside the zone of work only frees: it keeps.
   */
  const trustedIn = async (
    zoneId: string,
    vehicles: readonly VehicleId[],
    within: Db = db,
  ): Promise<ReadonlyMap<VehicleId, TrustedSide>> => {
    const known = await standings(vehicles, within, zoneId)
    // Drawn zones are judged by the places that the zone of work believes.
    const places = zoneId === zone.id ? known : await standings(vehicles, within)
    const since = clock.now() - COUNTS_FOR
    const doubted = new Set((await zoneStore(within).doubts(vehicles)).map(({ vehicleId }) => vehicleId))
    return new Map(
      [...known].flatMap(([vehicle, { inside, since: from, witnessed }]) => {
        const provedAt = places.get(vehicle)?.provedAt ?? null
        const isHome = zoneId === zone.id && inside === true
        const isOld = !isHome && (provedAt === null || provedAt < since)
        const isUnseen = zoneId === zone.id && inside === false && !witnessed
        return doubted.has(vehicle) || isOld || isUnseen ? [] : [[vehicle, { inside, since: from, provedAt }] as const]
      }),
    )
  }
  return {
    /** For people: the side last proved, whatever is thought of the signal now. */
    zoneOf: async (vehicles: readonly VehicleId[], within: Db = db): Promise<ReadonlyMap<VehicleId, ZoneStanding>> => {
      const known = await standings(vehicles, within)
      return new Map(
        vehicles.map((vehicle) => {
          const { inside = null, since = null } = known.get(vehicle) ?? {}
          return [vehicle, { name: zone.name, inside, since }]
        }),
      )
    },
    trustedIn,
    /** The same for cards: who is not trusted has no side. */
    trustedViews: async (vehicles: readonly VehicleId[], within: Db): Promise<ReadonlyMap<VehicleId, ZoneStanding>> =>
      new Map(
        [...(await trustedIn(zone.id, vehicles, within))].map(([id, { inside, since }]) => [
          id,
          { name: zone.name, inside, since },
        ]),
      ),
    /** What a view shows beside the zone of work: the parking it is in, silence of its district, doubts about its signal. */
    surroundingsOf: async (vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, Surroundings>> => {
      const known = await conditions.of(vehicles)
      const parkings = new Map(
        (await zoneStore(db).within('parking', vehicles)).map((row) => [row.vehicleId, row.name]),
      )
      return new Map(
        [...known].map(([id, { areaOutageSince, signal }]) => [
          id,
          {
            parking: parkings.get(id) ?? null,
            areaOutageSince,
            signal: signal === null ? null : { cause: signal.cause, since: signal.since },
          },
        ]),
      )
    },
    /** Those that are where no start is ever forbidden. */
    neverBlockIn: async (within: Db, vehicles: readonly VehicleId[]): Promise<ReadonlySet<VehicleId>> =>
      new Set((await zoneStore(within).within('never_block', vehicles)).map(({ vehicleId }) => vehicleId)),
    /** Is the vehicle silent together with its district? */
    areaOutageOf: async (vehicles: readonly VehicleId[], within: Db = db): Promise<ReadonlyMap<VehicleId, boolean>> =>
      new Map(
        [...(await conditions.of(vehicles, within))].map(([id, { areaOutageSince }]) => [id, areaOutageSince !== null]),
      ),
  }
}
