import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { RuleDecisionRow, RuleEffectRow } from '../postgres/rule-tables.ts'
import type { Mode } from './judge.ts'

export type RecordStore = ReturnType<typeof createRecordStore>
export type RecordFilter = {
  readonly ruleId?: string | undefined
  readonly mode?: Mode | undefined
  readonly version?: number | undefined
  readonly vehicleId?: VehicleId | undefined
  readonly driverId?: DriverId | undefined
  readonly fired?: boolean | undefined
  /** Only what lies before this place, newest first. */
  readonly before?: { readonly at: EpochMs; readonly id: string } | undefined
}

/** What rules decided, and what came of it. */
export function createRecordStore(db: Db) {
  return {
    /** False when this event has been decided already. */
    add: async ({ inputs, because, ...row }: RuleDecisionRow, effects: readonly RuleEffectRow[]): Promise<boolean> => {
      const added = await db
        .insertInto('ruleDecisions')
        .values({ ...row, inputs: JSON.stringify(inputs), because: JSON.stringify(because) })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
      if (added === undefined) return false
      if (effects.length > 0)
        await db
          .insertInto('ruleEffects')
          .values(effects.map(({ details, ...effect }) => ({ ...effect, details: JSON.stringify(details) })))
          .execute()
      return true
    },
    find: (id: string): Promise<RuleDecisionRow | undefined> =>
      db.selectFrom('ruleDecisions').selectAll().where('id', '=', id).executeTakeFirst(),
    effectsOf: (id: string): Promise<RuleEffectRow[]> =>
      db.selectFrom('ruleEffects').selectAll().where('decisionId', '=', id).orderBy('line').execute(),
    /** Newest first. */
    list: (filter: RecordFilter, limit: number): Promise<RuleDecisionRow[]> => {
      let found = db.selectFrom('ruleDecisions').selectAll()
      if (filter.ruleId !== undefined) found = found.where('ruleId', '=', filter.ruleId)
      if (filter.mode !== undefined) found = found.where('mode', '=', filter.mode)
      if (filter.version !== undefined) found = found.where('version', '=', filter.version)
      if (filter.vehicleId !== undefined) found = found.where('vehicleId', '=', filter.vehicleId)
      if (filter.driverId !== undefined) found = found.where('driverId', '=', filter.driverId)
      if (filter.fired !== undefined) found = found.where('fired', '=', filter.fired)
      const { before } = filter
      if (before !== undefined)
        found = found.where((where) =>
          where.or([
            where('at', '<', before.at),
            where.and([where('at', '=', before.at), where('id', '<', before.id)]),
          ]),
        )
      return found.orderBy('at', 'desc').orderBy('id', 'desc').limit(limit).execute()
    },
    /** Decisions with something still to do, oldest first; each is held for the asker until then. */
    claim: async (now: EpochMs, until: EpochMs, limit: number): Promise<readonly string[]> => {
      const open = await db
        .selectFrom('ruleEffects')
        .innerJoin('ruleDecisions', 'ruleDecisions.id', 'ruleEffects.decisionId')
        .select('decisionId')
        .distinct()
        .select('ruleDecisions.at')
        .where('state', 'in', ['waiting', 'refused'])
        .where('heldUntil', '<=', now)
        .orderBy('ruleDecisions.at')
        .limit(limit)
        .execute()
      if (open.length === 0) return []
      const claimed = await db
        .updateTable('ruleEffects')
        .set({ heldUntil: until })
        .where(
          'decisionId',
          'in',
          open.map(({ decisionId }) => decisionId),
        )
        .where('state', 'in', ['waiting', 'refused'])
        .where('heldUntil', '<=', now)
        .returning('decisionId')
        .execute()
      return [...new Set(claimed.map(({ decisionId }) => decisionId))]
    },
    settle: (
      decisionId: string,
      line: number,
      change: Partial<Omit<RuleEffectRow, 'decisionId' | 'line' | 'details'>>,
    ) =>
      db.updateTable('ruleEffects').set(change).where('decisionId', '=', decisionId).where('line', '=', line).execute(),
  }
}
