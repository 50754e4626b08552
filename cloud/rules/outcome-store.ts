import type { EpochMs } from '#contract/instant.ts'
import { DriverId } from '../drivers/driver.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { RuleOutcomeRow } from '../postgres/rule-tables.ts'
import type { Mode } from './judge.ts'

export type OutcomeStore = ReturnType<typeof createOutcomeStore>
export type OutcomeKey = Pick<RuleOutcomeRow, 'ruleId' | 'mode' | 'subject' | 'eachKey'>

const AT_ONCE = 1000

/** The last outcome of every rule for every subject. */
export function createOutcomeStore(db: Db) {
  return {
    of: (ruleId: string, mode: Mode, subjects: readonly string[]): Promise<RuleOutcomeRow[]> => {
      const found = db.selectFrom('ruleOutcomes').selectAll().where('ruleId', '=', ruleId).where('mode', '=', mode)
      // A sweep asks for them all: cheaper than naming thousands.
      return (subjects.length > AT_ONCE ? found : found.where('subject', 'in', [...subjects, ''])).execute()
    },
    find: (key: OutcomeKey): Promise<RuleOutcomeRow | undefined> => at(db, key).executeTakeFirst(),
    /** Makes the row when there is none, so that two who ask at once queue up behind each other. */
    locked: async (key: OutcomeKey, version: number, now: EpochMs): Promise<RuleOutcomeRow> => {
      const fresh = { outcome: 'unknown', verdict: 'unknown', since: now, evaluatedAt: now, decisionId: null } as const
      await db
        .insertInto('ruleOutcomes')
        .values({ ...key, version, ...fresh })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      return at(db, key).forUpdate().executeTakeFirstOrThrow()
    },
    /** An older evaluation never takes the place of a newer one. */
    put: async (rows: readonly RuleOutcomeRow[]): Promise<void> => {
      for (let from = 0; from < rows.length; from += AT_ONCE)
        await db
          .insertInto('ruleOutcomes')
          .values(rows.slice(from, from + AT_ONCE))
          .onConflict((conflict) =>
            conflict
              .columns(['ruleId', 'mode', 'subject', 'eachKey'])
              .doUpdateSet((update) => ({
                version: update.ref('excluded.version'),
                outcome: update.ref('excluded.outcome'),
                verdict: update.ref('excluded.verdict'),
                since: update.ref('excluded.since'),
                evaluatedAt: update.ref('excluded.evaluatedAt'),
                decisionId: update.ref('excluded.decisionId'),
              }))
              .whereRef('ruleOutcomes.evaluatedAt', '<=', 'excluded.evaluatedAt'),
          )
          .execute()
    },
    forget: (ruleId: string, mode: Mode) =>
      db.deleteFrom('ruleOutcomes').where('ruleId', '=', ruleId).where('mode', '=', mode).execute(),
    /** Of an acting rule that is judged driver by driver; of two leases of one driver the later. */
    satisfiedSince: async (ruleId: string, drivers: readonly DriverId[]): Promise<ReadonlyMap<DriverId, EpochMs>> => {
      if (drivers.length === 0) return new Map()
      const rows = await db
        .selectFrom('ruleOutcomes')
        .select(['eachKey', 'since'])
        .where('ruleId', '=', ruleId)
        .where('mode', '=', 'acting')
        .where('outcome', '=', 'satisfied')
        .where('eachKey', 'in', drivers)
        .orderBy('since')
        .execute()
      return new Map(rows.map(({ eachKey, since }) => [DriverId.parse(eachKey), since]))
    },
    /** How many subjects stand how, by rule and mode. */
    counts: () =>
      db
        .selectFrom('ruleOutcomes')
        .select(['ruleId', 'mode', 'verdict', (count) => count.fn.countAll<number>().as('count')])
        .groupBy(['ruleId', 'mode', 'verdict'])
        .execute(),
  }
}

const at = (db: Db, { ruleId, mode, subject, eachKey }: OutcomeKey) =>
  db
    .selectFrom('ruleOutcomes')
    .selectAll()
    .where('ruleId', '=', ruleId)
    .where('mode', '=', mode)
    .where('subject', '=', subject)
    .where('eachKey', '=', eachKey)
