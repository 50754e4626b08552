import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { GraceEnded, GraceGiven } from '../decisions/decision.ts'
import type { GraceRow } from '../postgres/fleet-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { graceRow } from './hold-row.ts'

export type GraceStore = ReturnType<typeof createGraceStore>

/** Graces, running and past; of one vehicle at most one runs. */
export function createGraceStore(db: Db) {
  const end = (vehicle: VehicleId, at: EpochMs, by: string, note: string) =>
    db
      .updateTable('graces')
      .set({ endedAt: at, endedByName: by, endNote: note })
      .where('vehicleId', '=', vehicle)
      .where('givenAt', '<=', at)
      .where('endedAt', 'is', null)
      .execute()
  return {
    /** Those that permit starts at this moment. */
    runningOf: async (vehicles: readonly VehicleId[], now: EpochMs): Promise<ReadonlyMap<VehicleId, GraceRow>> => {
      if (vehicles.length === 0) return new Map()
      const rows = await db
        .selectFrom('graces')
        .selectAll()
        .where('vehicleId', 'in', vehicles)
        .where('endedAt', 'is', null)
        .where('untilAt', '>', now)
        .orderBy('givenAt')
        .execute()
      return new Map(rows.map((row) => [row.vehicleId, row]))
    },
    isTold: async (toldBy: string): Promise<boolean> =>
      (await db.selectFrom('graces').select('id').where('toldBy', '=', toldBy).executeTakeFirst()) !== undefined,

    /** The newest grace takes the place of the one before; harmless when it is there already. */
    applyGiven: async (given: GraceGiven): Promise<void> => {
      const known = await db.selectFrom('graces').select('id').where('id', '=', given.graceId).executeTakeFirst()
      if (known !== undefined) return
      await end(given.vehicleId, given.at, given.by.name, '')
      await db
        .insertInto('graces')
        .values(graceRow(given))
        .onConflict((it) => it.doNothing())
        .execute()
    },
    applyEnded: ({ vehicleId, note, by, at }: GraceEnded) => end(vehicleId, at, by.name, note),
  }
}
