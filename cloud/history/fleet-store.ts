import { sql } from 'kysely'
import type { VehicleId } from '#contract/ids.ts'
import type { Clock } from '#contract/instant.ts'
import type { ParksInSight } from '../http/access.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { carOf, type FleetCar, type FleetPlace, moveTo, nowhere, pageOf, type Told } from './fleet-page.ts'

export type FleetStore = {
  /** Every vehicle in sight that was ever heard of, by id, as it stands now. */
  page(query: FleetQuery): Promise<FleetPage>
}
export type FleetQuery = {
  readonly parks: ParksInSight
  readonly after?: VehicleId | undefined
  readonly limit: number
}

/** `json` is the whole answer, and `items` whom it is about. */
export type FleetPage = {
  readonly items: readonly { readonly vehicleId: VehicleId }[]
  readonly nextCursor: VehicleId | null
  readonly json: Buffer
}

/** What was read, by vehicle id, and where in the life of which server. */
type Fleet = { mark: Mark | null; cars: Map<string, FleetCar>; readonly places: Map<string, FleetPlace> }
type Mark = { readonly server: string; readonly seen: number }
/** How many there are, and which have changed; a line of `moved` is the cells of a place after the id of its vehicle. */
type Found = {
  readonly vehicles: number
  readonly changed: readonly (readonly [VehicleId, string, string])[]
  readonly heard: number
  readonly moved: string | null
}

/**
 * Remembers what it has read, and asks the database each time for the rows that were written since: for the answer to be the
 * one of this moment, whichever instance wrote, nobody has to tell it anything.
 */
export function createFleetStore(db: Db, clock: Clock): FleetStore {
  let fleet = nobody()
  let reading: Promise<unknown> = Promise.resolve()
  let next: Promise<Fleet> | undefined
  const read = async (): Promise<Fleet> => {
    if (followed(fleet, ...(await changedSince(db, fleet.mark)))) return fleet
    fleet = nobody()
    followed(fleet, ...(await changedSince(db, null)))
    return fleet
  }
  // Two answers that cross would bring back an older place: one is read at a time, and who comes meanwhile has the next one.
  const newest = (): Promise<Fleet> => {
    next ??= reading.then(() => {
      next = undefined
      const begun = read()
      reading = begun.catch(() => {})
      return begun
    })
    return next
  }
  return {
    page: async ({ parks, after, limit }) => {
      const { cars, places } = parks.length === 0 ? nobody() : await newest()
      const seen = parks === 'all' ? undefined : new Set(parks)
      const found: Told[] = []
      for (const car of cars.values()) {
        if (found.length > limit) break
        if (after !== undefined && car.vehicleId <= after) continue
        const place = places.get(car.vehicleId)
        if (place !== undefined && (seen === undefined || seen.has(car.parkId))) found.push({ ...car, place })
      }
      const items = found.slice(0, limit)
      const nextCursor = found.length > limit ? (items.at(-1)?.vehicleId ?? null) : null
      return { items, nextCursor, json: pageOf(items, nextCursor, clock.now()) }
    },
  }
}

const nobody = (): Fleet => ({ mark: null, cars: new Map(), places: new Map() })

/** Takes in what has changed; false where what was read before tells nothing of what is there now. */
function followed(fleet: Fleet, mark: Mark, { vehicles, changed, heard, moved }: Found): boolean {
  if (fleet.mark !== null && !follows(mark, fleet.mark)) return false
  const { cars, places } = fleet
  const before = cars.size
  for (const [vehicleId, parkId, plate] of changed) cars.set(vehicleId, carOf(vehicleId, parkId, plate))
  for (const line of moved?.split('\n') ?? []) {
    const [id = '', ...cells] = line.split(',')
    const place = places.get(id) ?? nowhere()
    moveTo(place, cells)
    places.set(id, place)
  }
  // Who came is among the changed, who went is not: only with nobody gone are there as many as there should be.
  if (cars.size !== vehicles || places.size !== heard) return false
  if (vehicles > before) fleet.cars = new Map([...cars].sort(([a], [b]) => (a < b ? -1 : 1)))
  fleet.mark = mark
  return true
}

/** Numbers of transactions come round again after 2^32, and those of a restored database begin anew. */
const follows = (now: Mark, before: Mark): boolean =>
  now.server === before.server && now.seen >= before.seen && now.seen - before.seen < 2 ** 30

/**
 * Each version of a row carries the number of the transaction that wrote it (`xmin`). What was visible to an earlier snapshot
 * was written before the oldest transaction that ran then (`pg_snapshot_xmin`); everything else is younger.
 */
async function changedSince(db: Db, mark: Mark | null): Promise<readonly [Mark, Found]> {
  const seen = mark === null ? null : String(mark.seen)
  const young = mark === null ? sql`true` : sql`age(xmin) <= age(${seen}::text::xid8::xid)`
  const { rows } = await sql<Found & { readonly server: string; readonly seen: string }>`
    select pg_postmaster_start_time()::text as server, pg_snapshot_xmin(pg_current_snapshot())::text as seen, cars.*, places.*
    from (select count(*)::int as vehicles,
        coalesce(json_agg(json_build_array(id, park_id, plate)) filter (where ${young}), '[]') as changed from vehicles) as cars,
      (select count(*)::int as heard, string_agg(concat(${PLACE}), E'\\n') filter (where ${young}) as moved
        from last_known) as places`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('a select of constants has one row')
  return [{ server: row.server, seen: Number(row.seen) }, row]
}

/** Text by hand: ten thousand rows of twelve cells, or as many pieces of JSON of the database's own, take twice the time. */
const PLACE = sql.raw<string>(
  [
    ...['vehicle_id', 'gateway_id', 'read_at', 'place_at', 'place_lat', 'place_lon', 'place_accuracy_m'],
    ...['speedKmh', 'headingDeg', 'ignition', 'fix', 'gnssTrust'].map((name) => `frame->>'${name}'`),
  ].join(`, ',', `),
)
