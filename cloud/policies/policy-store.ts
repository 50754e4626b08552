import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { Db } from '../postgres/postgres-client.ts'
import type { PolicyVersionRow } from '../postgres/rule-tables.ts'
import { type PolicySpec, type Preset, parsePolicies, parsePresets } from './policy.ts'

export type PolicyStore = ReturnType<typeof createPolicyStore>

/** Every change of a policy, newest last; the shipped value is version 0 and has no row. */
export function createPolicyStore(db: Db) {
  const all = () => db.selectFrom('policyVersions').selectAll()
  return {
    newestOfEach: (): Promise<PolicyVersionRow[]> =>
      all().distinctOn('name').orderBy('name').orderBy('version', 'desc').execute(),
    newestOf: (names: readonly string[]): Promise<PolicyVersionRow[]> =>
      all().where('name', 'in', names).distinctOn('name').orderBy('name').orderBy('version', 'desc').execute(),
    newest: (name: string): Promise<PolicyVersionRow | undefined> =>
      all().where('name', '=', name).orderBy('version', 'desc').limit(1).executeTakeFirst(),
    /** Newest first. */
    history: (name: string, before: number, limit: number): Promise<PolicyVersionRow[]> =>
      all().where('name', '=', name).where('version', '<', before).orderBy('version', 'desc').limit(limit).execute(),
    /** False when another change has taken this version. */
    add: async ({ value, ...row }: PolicyVersionRow): Promise<boolean> => {
      const written = await db
        .insertInto('policyVersions')
        .values({ ...row, value: JSON.stringify(value) })
        .onConflict((conflict) => conflict.doNothing())
        .returning('version')
        .executeTakeFirst()
      return written !== undefined
    },
  }
}

export type ShippedPolicies = { readonly specs: readonly PolicySpec[]; readonly presets: readonly Preset[] }

/** Reads the shipped list; throws when it is not right. */
export function readShippedPolicies(): ShippedPolicies {
  const read = (name: string): unknown =>
    parse(readFileSync(new URL(`./shipped/${name}.yaml`, import.meta.url), 'utf8'))
  const specs = parsePolicies(read('policies'))
  return { specs, presets: parsePresets(read('presets'), specs) }
}
