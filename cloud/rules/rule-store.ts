import { readdirSync, readFileSync } from 'node:fs'
import type { EpochMs } from '#contract/instant.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { RuleRow, RuleSwitchRow, RuleVersionRow } from '../postgres/rule-tables.ts'
import type { SourceFile } from '../processes/notation/source.ts'

export type RuleStore = ReturnType<typeof createRuleStore>

/** Rules, their versions, and who switched what. */
export function createRuleStore(db: Db) {
  return {
    all: (): Promise<RuleRow[]> => db.selectFrom('rules').selectAll().orderBy('id').execute(),
    find: (id: string): Promise<RuleRow | undefined> =>
      db.selectFrom('rules').selectAll().where('id', '=', id).executeTakeFirst(),
    /** Only one at a time decides what becomes of a rule. */
    findLocked: (id: string): Promise<RuleRow | undefined> =>
      db.selectFrom('rules').selectAll().where('id', '=', id).forUpdate().executeTakeFirst(),
    add: (row: RuleRow) =>
      db
        .insertInto('rules')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    change: (id: string, change: Partial<Omit<RuleRow, 'id'>>) =>
      db.updateTable('rules').set(change).where('id', '=', id).execute(),
    /** True for the one who is to sweep this rule now. */
    claimSweep: async (id: string, now: EpochMs, next: EpochMs): Promise<boolean> => {
      const claimed = await db
        .updateTable('rules')
        .set({ nextSweepAt: next })
        .where('id', '=', id)
        .where('nextSweepAt', '<=', now)
        .returning('id')
        .executeTakeFirst()
      return claimed !== undefined
    },
    sweepAllAgain: (at: EpochMs) => db.updateTable('rules').set({ nextSweepAt: at }).execute(),
    /** Versions that act or watch. */
    standing: (): Promise<RuleVersionRow[]> =>
      db
        .selectFrom('ruleVersions')
        .innerJoin('rules', 'rules.id', 'ruleVersions.ruleId')
        .selectAll('ruleVersions')
        .where((where) =>
          where.or([
            where('ruleVersions.version', '=', where.ref('rules.actingVersion')),
            where('ruleVersions.version', '=', where.ref('rules.shadowVersion')),
          ]),
        )
        .execute(),
    version: (id: string, version: number): Promise<RuleVersionRow | undefined> =>
      db
        .selectFrom('ruleVersions')
        .selectAll()
        .where('ruleId', '=', id)
        .where('version', '=', version)
        .executeTakeFirst(),
    /** Newest first. */
    versions: (id: string): Promise<RuleVersionRow[]> =>
      db.selectFrom('ruleVersions').selectAll().where('ruleId', '=', id).orderBy('version', 'desc').execute(),
    /** The newest version of each that came with the product. */
    shipped: (): Promise<RuleVersionRow[]> =>
      db
        .selectFrom('ruleVersions')
        .selectAll()
        .distinctOn('ruleId')
        .where('origin', '=', 'shipped')
        .orderBy('ruleId')
        .orderBy('version', 'desc')
        .execute(),
    addVersion: (row: RuleVersionRow) => db.insertInto('ruleVersions').values(row).execute(),
    addSwitch: (row: Omit<RuleSwitchRow, 'id'>) => db.insertInto('ruleSwitches').values(row).execute(),
    /** Newest first. */
    switches: (id: string, limit: number): Promise<RuleSwitchRow[]> =>
      db.selectFrom('ruleSwitches').selectAll().where('ruleId', '=', id).orderBy('id', 'desc').limit(limit).execute(),
  }
}

/** The rules that come with the product, and the cards, events and messages they name. */
export function readShippedRules(): readonly SourceFile[] {
  const folder = new URL('./shipped/', import.meta.url)
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }))
}
