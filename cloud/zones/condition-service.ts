import type { VehicleId } from '#contract/ids.ts'
import { epochMs, minutes } from '#contract/instant.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { type Contact, outageChanges } from './area-outage.ts'
import type { ConditionStore } from './condition-store.ts'
import { commonPlaces, LEAP_COUNTS } from './fleet-disagreement.ts'
import type { ZoneStore } from './zone-store.ts'

type Line = Omit<Contact, 'lat' | 'lon'>

type Deps = Pick<World, 'clock' | 'uuid' | 'log'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly zoneId: string
    readonly zoneStore: (db: Db) => ZoneStore
    readonly conditionStore: (db: Db) => ConditionStore
    /** Every vehicle with a gateway in service whose connection is known. */
    readonly lines: () => readonly Line[]
    readonly changed: (vehicle: VehicleId) => void
  }

const SHOWN_AFTER_END = minutes(24 * 60)

export type ConditionService = ReturnType<typeof createConditionService>

/** What many cars say together: districts without connection, places that many claim at once. */
export function createConditionService(deps: Deps) {
  const { clock, db } = deps
  return {
    /** Looks at the connections of the whole fleet; once across instances. */
    sweep: async (): Promise<void> => {
      const now = clock.now()
      const lines = deps.lines()
      const changed = await deps.inTransaction(async (within) => {
        const store = deps.conditionStore(within)
        const open = await store.open()
        // On most turns nobody has just gone and nothing is open: nothing is read then.
        if (open.length === 0 && !lines.some(({ online, changedAt }) => !online && now - changedAt < minutes(10)))
          return []
        const places = new Map(
          (await deps.zoneStore(within).states()).flatMap(({ vehicleId, zone, state }) =>
            zone === deps.zoneId && state.believed !== null ? [[vehicleId, state.believed] as const] : [],
          ),
        )
        const contacts = lines.flatMap((line) => {
          const place = places.get(line.vehicleId)
          return place === undefined ? [] : [{ ...line, lat: place.lat, lon: place.lon }]
        })
        const changes = outageChanges(contacts, open, now)
        await store.apply(changes, now, deps.uuid)
        for (const { cell, silent } of changes.found) deps.log.info({ cell, cars: silent.length }, 'area.outage')
        for (const id of changes.ended) deps.log.info({ id }, 'area.outage-ended')
        const endedCars = open.filter(({ id }) => changes.ended.includes(id)).flatMap(({ vehicles }) => vehicles)
        const own = [...changes.found.flatMap(({ silent }) => silent), ...changes.joined, ...changes.back]
        return [...own.map(({ vehicleId }) => vehicleId), ...endedCars]
      })
      for (const vehicle of new Set(changed)) deps.changed(vehicle)
    },
    /** What stands in the way of trusting what these vehicles say now. */
    of: async (vehicles: readonly VehicleId[], within: Db = db) => {
      const silent = await deps.conditionStore(within).silentIn(vehicles)
      const doubts = new Map((await deps.zoneStore(within).doubts(vehicles)).map((doubt) => [doubt.vehicleId, doubt]))
      return new Map(
        vehicles.map((vehicle) => [
          vehicle,
          { areaOutageSince: silent.get(vehicle) ?? null, signal: doubts.get(vehicle) ?? null },
        ]),
      )
    },
    during: deps.conditionStore(db).during,
    /** The whole fleet's conditions, of vehicles in sight. */
    summary: async (inSight: (vehicles: readonly VehicleId[]) => Promise<ReadonlySet<VehicleId>>) => {
      const now = clock.now()
      const store = deps.zoneStore(db)
      const outages = await deps.conditionStore(db).list(epochMs(now - SHOWN_AFTER_END))
      const doubts = await store.doubts()
      const places = commonPlaces(await store.leapsSince(epochMs(now - LEAP_COUNTS)), now)
      const seen = await inSight([
        ...new Set([
          ...outages.flatMap(({ vehicles }) => vehicles.map(({ vehicleId }) => vehicleId)),
          ...doubts.map(({ vehicleId }) => vehicleId),
          ...places.flatMap(({ vehicles }) => vehicles),
        ]),
      ])
      return {
        areaOutages: outages
          .map((outage) => ({ ...outage, vehicles: outage.vehicles.filter(({ vehicleId }) => seen.has(vehicleId)) }))
          .filter(({ vehicles }) => vehicles.length > 0),
        suspects: doubts.filter(({ vehicleId }) => seen.has(vehicleId)),
        deceits: places
          .map((place) => ({ ...place, vehicles: place.vehicles.filter((vehicle) => seen.has(vehicle)) }))
          .filter(({ vehicles }) => vehicles.length > 0),
      }
    },
  }
}
