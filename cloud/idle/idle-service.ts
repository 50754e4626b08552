import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import { dayOf } from '../calendar/moscow-day.ts'
import type { ParksInSight } from '../http/access.ts'
import type { Stretch, Time } from '../numbers/standing.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { VehicleStandingRow } from '../postgres/standing-tables.ts'
import type { World } from '../world.ts'
import { type SaidReason, type Standing, standingOf } from './idle.ts'
import type { IdleStore, VehicleFacts } from './idle-store.ts'

export type IdleService = ReturnType<typeof createIdleService>

type Deps = Pick<World, 'clock'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly idleStore: (db: Db) => IdleStore
    readonly changed: (vehicle: VehicleId) => void
  }

const AT_ONCE = 500

/** Keeps one reason of idleness for every vehicle at every moment, and its history. */
export function createIdleService({ clock, db, inTransaction, idleStore, changed }: Deps) {
  const reading = idleStore(db)
  const settle = async (all: readonly VehicleFacts[], now: EpochMs): Promise<number> => {
    let changes = 0
    for (const one of all) {
      const next = standingOf(one, now)
      if (next === one.standing) continue
      // From its first day on: a vehicle that was just added has no gap before it.
      const at = one.standing === null ? one.createdAt : now
      if (await inTransaction((within) => idleStore(within).change(one.vehicleId, one.standing, next, at))) {
        changes += 1
        changed(one.vehicleId)
      }
    }
    return changes
  }
  const look = async (vehicle: VehicleId): Promise<void> => {
    const now = clock.now()
    await settle(await reading.facts({ ids: [vehicle] }, now, dayOf(now)), now)
  }
  /** The first row of those that have none yet, before it is written. */
  const firstOf = async (ids: readonly VehicleId[]): Promise<readonly VehicleStandingRow[]> => {
    const now = clock.now()
    return (await reading.facts({ ids }, now, dayOf(now))).map((one) => ({
      vehicleId: one.vehicleId,
      standing: standingOf(one, now),
      fromAt: one.createdAt,
      untilAt: null,
      note: '',
    }))
  }
  return {
    /** Looks at every vehicle; answers how many reasons have changed. */
    sweep: async (stop: AbortSignal): Promise<number> => {
      let changes = 0
      let after: VehicleId | undefined
      while (!stop.aborted) {
        const now = clock.now()
        const all = await reading.facts({ after, limit: AT_ONCE }, now, dayOf(now))
        changes += await settle(all, now)
        after = all.at(-1)?.vehicleId
        if (all.length < AT_ONCE) break
      }
      return changes
    },
    look,
    /** The open reason of each; of a vehicle that the sweep has not seen yet, what it will find. */
    openOf: async (
      vehicles: readonly VehicleId[],
    ): Promise<ReadonlyMap<VehicleId, { readonly standing: Standing; readonly since: EpochMs }>> => {
      const known = await reading.openOf(vehicles)
      const seen = new Set(known.map(({ vehicleId }) => vehicleId))
      const rows = [...known, ...(await firstOf(vehicles.filter((vehicle) => !seen.has(vehicle))))]
      return new Map(rows.map(({ vehicleId, standing, fromAt }) => [vehicleId, { standing, since: fromAt }]))
    },
    of: async (vehicle: VehicleId, limit: number, before: EpochMs | undefined) => {
      const [word, rows] = await Promise.all([reading.wordOf(vehicle), reading.historyOf(vehicle, limit, before)])
      const isNew = rows.length === 0 && before === undefined
      return { word, rows: isNew ? await firstOf([vehicle]) : rows }
    },
    /** A person's word stands above all that is measured, until it is taken back. */
    say: async (vehicle: VehicleId, reason: SaidReason, note: string, by: string): Promise<void> => {
      await reading.say(vehicle, reason, note, by, clock.now())
      await look(vehicle)
    },
    takeBack: async (vehicle: VehicleId): Promise<void> => {
      await reading.takeBack(vehicle)
      await look(vehicle)
    },
    /** For the numbers of the morning. */
    stretchesOf: async (parks: ParksInSight, time: Time): Promise<readonly Stretch[]> =>
      (await reading.stretches(parks, time)).map(({ vehicleId, standing, fromAt, untilAt }) => ({
        vehicleId,
        standing,
        from: fromAt,
        until: untilAt,
      })),
  }
}
