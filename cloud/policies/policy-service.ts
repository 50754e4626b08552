import type { EpochMs } from '#contract/instant.ts'
import type { Facts } from '../expressions/fact-type.ts'
import { Fault } from '../http/fault.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { PolicyVersionRow } from '../postgres/rule-tables.ts'
import type { World } from '../world.ts'
import { type PolicySpec, type PolicyValue, type Preset, policyFacts, whyNot } from './policy.ts'
import type { PolicyStore } from './policy-store.ts'

export type Author = { readonly id: string; readonly name: string; readonly role: string }
export type PolicyNow = {
  readonly spec: PolicySpec
  readonly value: PolicyValue
  /** 0: as shipped. */
  readonly version: number
  readonly changed: Pick<PolicyVersionRow, 'at' | 'byName' | 'why'> | undefined
}
export type PolicyWish = {
  readonly value: PolicyValue
  readonly base: number
  readonly why: string
  readonly by: Author
}

export type PolicyService = {
  list(): Promise<readonly PolicyNow[]>
  /** Faults: policy/unknown. */
  get(name: string): Promise<PolicyNow>
  /** The values of policies that are numbers, read at once: the answer tells each by its name. Faults: policy/unknown. */
  numbersOf<Name extends string>(...names: readonly Name[]): Promise<(name: Name) => number>
  /** Faults: policy/unknown, policy/out-of-bounds, policy/changed, access/forbidden. */
  set(name: string, wish: PolicyWish): Promise<PolicyNow>
  /** Newest first, below that version. Faults: policy/unknown. */
  history(name: string, before: number, limit: number): Promise<readonly PolicyVersionRow[]>
  presets: readonly Preset[]
  /** Takes over every value of the preset, all or none. Faults: policy/unknown-preset, access/forbidden. */
  takePreset(id: string, why: string, by: Author): Promise<readonly PolicyNow[]>
  /** What expressions know as `policy`, as it is now in the database. */
  facts(): Promise<Facts>
  /** The same within a transaction. */
  factsWithin(db: Db): Promise<Facts>
}

type Deps = Pick<Postgres, 'db' | 'inTransaction'> &
  Pick<World, 'clock' | 'log'> & {
    readonly specs: readonly PolicySpec[]
    readonly presets: readonly Preset[]
    readonly policyStore: (db: Db) => PolicyStore
    /** Called after a change is stored, so that rules look again at once. */
    readonly changed: (names: readonly string[]) => void
  }

export function createPolicyService({
  db,
  inTransaction,
  clock,
  log,
  specs,
  presets,
  policyStore,
  changed,
}: Deps): PolicyService {
  const specOf = (name: string): PolicySpec => {
    const spec = specs.find((one) => one.id === name)
    if (spec === undefined) throw new Fault('policy/unknown', name)
    return spec
  }
  const nowOf = (spec: PolicySpec, row: PolicyVersionRow | undefined): PolicyNow => ({
    spec,
    value: row?.value ?? spec.value,
    version: row?.version ?? 0,
    changed: row,
  })
  const mayChange = (spec: PolicySpec, by: Author) => {
    if (by.role !== 'owner' && spec.who === 'owner') throw new Fault('access/forbidden', `${spec.id}: ${spec.who}`)
  }
  const list = async () => {
    const rows = new Map((await policyStore(db).newestOfEach()).map((row) => [row.name, row]))
    return specs.map((spec) => nowOf(spec, rows.get(spec.id)))
  }
  const setIn = async (store: PolicyStore, spec: PolicySpec, { value, base, why, by }: PolicyWish, at: EpochMs) => {
    mayChange(spec, by)
    const refusal = whyNot(spec, value)
    if (refusal !== undefined) throw new Fault('policy/out-of-bounds', `${spec.id}: ${refusal}`)
    const row = { name: spec.id, version: base + 1, value, at, byId: by.id, byName: by.name, why }
    if (!(await store.add(row))) throw new Fault('policy/changed', spec.id)
    return nowOf(spec, row)
  }
  const told = (names: readonly string[], by: Author) => {
    log.info({ policies: names, by: by.name }, 'policy.changed')
    changed(names)
  }
  const factsWithin = async (within: Db): Promise<Facts> =>
    policyFacts(specs, new Map((await policyStore(within).newestOfEach()).map(({ name, value }) => [name, value])))
  return {
    list,
    presets,
    get: async (name) => nowOf(specOf(name), await policyStore(db).newest(name)),
    numbersOf: async (...names) => {
      const rows = await policyStore(db).newestOf(names)
      const values = new Map<string, PolicyValue>(names.map((name) => [name, specOf(name).value]))
      for (const { name, value } of rows) values.set(name, value)
      return (name) => Number(values.get(name))
    },
    set: async (name, wish) => {
      const spec = specOf(name)
      const now = await inTransaction(async (within) => {
        const store = policyStore(within)
        if (((await store.newest(name))?.version ?? 0) !== wish.base) throw new Fault('policy/changed', name)
        return setIn(store, spec, wish, clock.now())
      })
      told([name], wish.by)
      return now
    },
    history: async (name, before, limit) => policyStore(db).history(specOf(name).id, before, limit),
    takePreset: async (id, why, by) => {
      const preset = presets.find((one) => one.id === id)
      if (preset === undefined) throw new Fault('policy/unknown-preset', id)
      const names = await inTransaction(async (within) => {
        const store = policyStore(within)
        const taken: string[] = []
        for (const [name, value] of Object.entries(preset.values)) {
          const spec = specOf(name)
          const newest = await store.newest(name)
          if (JSON.stringify(newest?.value ?? spec.value) === JSON.stringify(value)) continue
          await setIn(store, spec, { value, base: newest?.version ?? 0, why, by }, clock.now())
          taken.push(name)
        }
        return taken
      })
      if (names.length > 0) told(names, by)
      return list()
    },
    facts: () => factsWithin(db),
    factsWithin,
  }
}
