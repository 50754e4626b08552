import { type EpochMs, epochMs, later, millis } from '#contract/instant.ts'
import type { Fact, Facts, RecordType } from '../../expressions/fact-type.ts'
import { Fault } from '../../http/fault.ts'
import type { Author } from '../../policies/policy-service.ts'
import type { Db, Postgres } from '../../postgres/postgres-client.ts'
import type { RuleRow, RuleSwitchRow, RuleVersionRow } from '../../postgres/rule-tables.ts'
import { readDefinitions } from '../../processes/notation/definitions.ts'
import { problemLine } from '../../processes/notation/problem.ts'
import type { SourceFile } from '../../processes/notation/source.ts'
import type { World } from '../../world.ts'
import { type CompiledRule, loadRule } from '../compiled-rule.ts'
import type { OutcomeStore } from '../outcome-store.ts'
import { type Difference, ruleDiff } from '../rule-diff.ts'
import type { StandingRule } from '../rule-service.ts'
import type { RuleStore } from '../rule-store.ts'
import { ruleTexts } from './rule-text.ts'

export type RuleInBook = {
  readonly row: RuleRow
  readonly newest: RuleVersionRow
  readonly compiled: CompiledRule | undefined
}
export type SwitchWish = { readonly id: string; readonly why: string; readonly by: Author }

/** How a shipped rule that was never here before begins. */
export type FirstMode = 'shadow' | 'acting' | ((rule: string) => 'shadow' | 'acting')

export type RuleBookService = {
  /** Takes in rules that are new or whose shipped text has changed; whatever is new only watches, unless it is told to act. */
  open(firstMode: FirstMode): Promise<void>
  /** More files: their rules join the book, and what else they declare can be named by every rule. */
  adopt(files: readonly SourceFile[]): void
  standing(): Promise<readonly StandingRule[]>
  list(): Promise<readonly RuleInBook[]>
  /** Faults: rule/unknown. */
  get(id: string): Promise<RuleInBook>
  /** Newest first, each with what it changed in words. Faults: rule/unknown. */
  versions(id: string): Promise<readonly (RuleVersionRow & { readonly differences: readonly Difference[] })[]>
  switches(id: string): Promise<readonly RuleSwitchRow[]>
  /** Pure of the database: what is wrong with a text, one line each; empty when nothing. */
  lint(text: string): readonly string[]
  /** Of a text that is right. Faults: rule/mistaken. */
  compile(text: string): CompiledRule
  /** A new version, which watches. Faults: rule/mistaken, rule/changed. */
  write(wish: {
    readonly text: string
    readonly base: number
    readonly why: string
    readonly by: Author
  }): Promise<RuleInBook>
  /** Lets a watched version act, or one that acted before. Faults: rule/unknown, rule/unknown-version, rule/not-watched. */
  act(wish: SwitchWish & { readonly version: number }): Promise<RuleInBook>
  pause(wish: SwitchWish): Promise<RuleInBook>
  resume(wish: SwitchWish): Promise<RuleInBook>
}

type Deps = Pick<Postgres, 'db' | 'inTransaction'> &
  Pick<World, 'clock' | 'log'> & {
    readonly shipped: readonly SourceFile[]
    readonly policyScope: RecordType
    readonly policy: () => Promise<Facts>
    readonly ruleStore: (db: Db) => RuleStore
    readonly outcomeStore: (db: Db) => Pick<OutcomeStore, 'forget' | 'counts'>
  }

const HOUSE: Author = { id: 'kordon', name: 'Kordon', role: 'owner' }

export function createRuleBookService(deps: Deps): RuleBookService {
  const { db, inTransaction, clock, log, ruleStore } = deps
  let files: readonly SourceFile[] = deps.shipped
  let texts = ruleTexts(files)
  const declared = () => readDefinitions(texts.context, () => {})
  let definitions = declared()
  const cache = new Map<string, CompiledRule>()

  const read = (text: string) => loadRule({ name: 'rule.yaml', text }, definitions, deps.policyScope)
  const lint = (text: string): readonly string[] => {
    const { rules, problems } = read(text)
    const own = problems.filter(({ file }) => file === 'rule.yaml')
    if (own.length > 0) return own.map(problemLine)
    return rules.length === 1 ? [] : ['rule.yaml:1:1  Здесь должно быть одно правило. Начните с kind: rule. [2]']
  }
  const compile = (text: string): CompiledRule => {
    const lines = lint(text)
    const [compiled] = read(text).rules
    if (lines.length > 0 || compiled === undefined) throw new Fault('rule/mistaken', lines.join('\n'))
    return compiled
  }
  const compiledOf = ({ ruleId, version, source }: RuleVersionRow): CompiledRule | undefined => {
    const key = `${ruleId} ${version}`
    const known = cache.get(key)
    if (known !== undefined) return known
    try {
      const compiled = compile(source)
      cache.set(key, compiled)
      return compiled
    } catch (err) {
      // A version that was right with older declarations: it does nothing, and the list shows it.
      log.error({ err, rule: ruleId, version }, 'rule.not-loaded')
      return undefined
    }
  }
  const inBook = async (row: RuleRow): Promise<RuleInBook> => {
    const [newest] = await ruleStore(db).versions(row.id)
    if (newest === undefined) throw new Error(`rule ${row.id} has no version`)
    return { row, newest, compiled: compiledOf(newest) }
  }
  const get = async (id: string): Promise<RuleInBook> => {
    const row = await ruleStore(db).find(id)
    if (row === undefined) throw new Fault('rule/unknown', id)
    return inBook(row)
  }
  const switched = async (
    { id, why, by }: SwitchWish,
    what: RuleSwitchRow['what'],
    decide: (
      row: RuleRow,
      store: RuleStore,
      within: Db,
    ) => Promise<{ change: Partial<RuleRow>; version: number | null }>,
  ): Promise<RuleInBook> => {
    await inTransaction(async (within) => {
      const store = ruleStore(within)
      const row = await store.findLocked(id)
      if (row === undefined) throw new Fault('rule/unknown', id)
      const { change, version } = await decide(row, store, within)
      const at = clock.now()
      await store.change(id, { ...change, changedAt: at })
      await store.addSwitch({ ruleId: id, version, what, at, byId: by.id, byName: by.name, why })
    })
    log.info({ rule: id, what, by: by.name }, 'rule.switched')
    return get(id)
  }

  const addVersion = async (
    within: Db,
    text: { id: string; title: string; text: string },
    version: number,
    origin: RuleVersionRow['origin'],
    mode: 'shadow' | 'acting',
    why: string,
    by: Author,
  ) => {
    const store = ruleStore(within)
    const at = clock.now()
    const row = {
      ruleId: text.id,
      version,
      title: text.title,
      source: text.text,
      origin,
      at,
      byId: by.id,
      byName: by.name,
      why,
    }
    await store.addVersion(row)
    const watching = { shadowVersion: version, shadowSince: at, nextSweepAt: epochMs(0), changedAt: at }
    await store.change(
      text.id,
      mode === 'shadow' ? watching : { actingVersion: version, nextSweepAt: epochMs(0), changedAt: at },
    )
    await deps.outcomeStore(within).forget(text.id, 'shadow')
    await store.addSwitch({
      ruleId: text.id,
      version,
      what: mode === 'shadow' ? 'shadow' : 'act',
      at,
      byId: by.id,
      byName: by.name,
      why,
    })
  }
  const emptyRow = (id: string, at: EpochMs): RuleRow => ({
    id,
    actingVersion: null,
    shadowVersion: null,
    shadowSince: null,
    paused: false,
    nextSweepAt: epochMs(0),
    changedAt: at,
  })

  return {
    lint,
    compile,
    get,
    adopt: (more) => {
      // What the case files declare holds: they know more fields of a card than the shipped rules name.
      files = [...more, ...files]
      texts = ruleTexts(files)
      definitions = declared()
      cache.clear()
    },
    open: async (firstMode) => {
      const known = new Map((await ruleStore(db).shipped()).map(({ ruleId, source }) => [ruleId, source]))
      for (const text of texts.rules.filter(({ id, text: source }) => known.get(id) !== source))
        await inTransaction(async (within) => {
          const store = ruleStore(within)
          await store.add(emptyRow(text.id, clock.now()))
          await store.findLocked(text.id)
          const versions = await store.versions(text.id)
          if (versions.find(({ origin }) => origin === 'shipped')?.source === text.text) return
          const first = typeof firstMode === 'string' ? firstMode : firstMode(text.id)
          const mode = versions.length === 0 ? first : 'shadow'
          await addVersion(within, text, (versions[0]?.version ?? 0) + 1, 'shipped', mode, 'поставка', HOUSE)
        })
    },
    standing: async () => {
      const rows = new Map((await ruleStore(db).all()).map((row) => [row.id, row]))
      return (await ruleStore(db).standing()).flatMap((version): readonly StandingRule[] => {
        const row = rows.get(version.ruleId)
        const compiled = row === undefined || row.paused ? undefined : compiledOf(version)
        if (row === undefined || compiled === undefined) return []
        return [
          { compiled, version: version.version, mode: row.actingVersion === version.version ? 'acting' : 'shadow' },
        ]
      })
    },
    list: async () => Promise.all((await ruleStore(db).all()).map(inBook)),
    versions: async (id) => {
      const versions = await ruleStore(db).versions((await get(id)).row.id)
      return versions.map((version, index) => {
        const [is, was] = [compiledOf(version), versions[index + 1]]
        const before = was === undefined ? undefined : compiledOf(was)
        const differences = is === undefined || before === undefined ? [] : ruleDiff(before.rule, is.rule)
        return { ...version, differences }
      })
    },
    switches: (id) => ruleStore(db).switches(id, 200),
    write: async ({ text, base, why, by }) => {
      const { id, title } = compile(text)
      await inTransaction(async (within) => {
        const store = ruleStore(within)
        await store.add(emptyRow(id, clock.now()))
        await store.findLocked(id)
        const newest = (await store.versions(id))[0]?.version ?? 0
        if (newest !== base) throw new Fault('rule/changed', id)
        await addVersion(within, { id, title, text }, newest + 1, 'edited', 'shadow', why, by)
      })
      log.info({ rule: id, by: by.name }, 'rule.written')
      return get(id)
    },
    act: async (wish) => {
      // Asked before the transaction: the embedded database has one connection.
      const time = (await deps.policy())['shadowTime']
      return switched(wish, 'act', async (row, store, within) => {
        const { version } = wish
        if ((await store.version(row.id, version)) === undefined)
          throw new Fault('rule/unknown-version', `${row.id} ${version}`)
        const acted = (await store.switches(row.id, 1000)).some((one) => one.what === 'act' && one.version === version)
        if (!acted && !(await watched(row, version, time, within)))
          throw new Fault('rule/not-watched', `${row.id} ${version}`)
        const still = row.shadowVersion === version ? { shadowVersion: null, shadowSince: null } : {}
        if (row.shadowVersion === version) await deps.outcomeStore(within).forget(row.id, 'shadow')
        return { change: { actingVersion: version, nextSweepAt: epochMs(0), ...still }, version }
      })
    },
    pause: (wish) =>
      switched(wish, 'pause', async ({ actingVersion: version }) => ({ change: { paused: true }, version })),
    resume: (wish) =>
      switched(wish, 'resume', async ({ actingVersion: version }) => ({
        change: { paused: false, nextSweepAt: epochMs(0) },
        version,
      })),
  }

  /** It has been judged at least once, for as long as the owner wants new rules to be watched. */
  async function watched(row: RuleRow, version: number, time: Fact, within: Db): Promise<boolean> {
    if (row.shadowVersion !== version || row.shadowSince === null) return false
    if (typeof time !== 'number' || clock.now() < later(row.shadowSince, millis(time))) return false
    const counts = await deps.outcomeStore(within).counts()
    return counts.some(({ ruleId, mode, count }) => ruleId === row.id && mode === 'shadow' && count > 0)
  }
}
