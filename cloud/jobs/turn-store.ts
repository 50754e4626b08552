import { type Expression, sql } from 'kysely'
import { type Clock, type EpochMs, epochMs, type Millis } from '#contract/instant.ts'
import type { Db } from '../postgres/postgres-client.ts'

export type TurnStore = ReturnType<typeof createTurnStore>

/** By whose time turns go. Machines that share a database have that clock in common, whatever their own ones say. */
export type TurnTime = 'database' | Pick<Clock, 'now'>

const FREE = epochMs(0)

/** Turns as rows: one statement takes a turn, so that of two instances one gets it. */
export function createTurnStore(db: Db, holder: string, time: TurnTime) {
  const now = (plus: number = 0): Expression<EpochMs> =>
    time === 'database'
      ? sql<EpochMs>`(extract(epoch from clock_timestamp()) * 1000)::bigint + ${plus}::bigint`
      : sql<EpochMs>`${time.now() + plus}::bigint`
  const own = (name: string) => db.updateTable('jobTurns').where('name', '=', name).where('holder', '=', holder)
  return {
    declare: (names: readonly string[]) =>
      names.length === 0
        ? Promise.resolve()
        : db
            .insertInto('jobTurns')
            .values(names.map((name) => ({ name, dueAt: FREE, heldUntil: FREE, holder: '' })))
            .onConflict((conflict) => conflict.column('name').doNothing())
            .execute(),
    /** True when it was due and free, or ours before a crash, and now is ours for `lease`; the next is due `after` from now. */
    take: async (name: string, after: Millis, lease: Millis): Promise<boolean> => {
      const taken = await db
        .updateTable('jobTurns')
        .set({ dueAt: now(after), heldUntil: now(lease), holder })
        .where('name', '=', name)
        .where('dueAt', '<=', now())
        .where((eb) => eb.or([eb('heldUntil', '<=', now()), eb('holder', '=', holder)]))
        .executeTakeFirst()
      return taken.numUpdatedRows > 0n
    },
    /** False when it is no longer ours. */
    keep: async (name: string, lease: Millis): Promise<boolean> => {
      const kept = await own(name)
        .set({ heldUntil: now(lease) })
        .where('heldUntil', '>', now())
        .executeTakeFirst()
      return kept.numUpdatedRows > 0n
    },
    giveBack: (name: string) => own(name).set({ heldUntil: FREE }).execute(),
  }
}
