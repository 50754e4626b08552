import { type EpochMs, epochMs, later } from '#contract/instant.ts'
import { midnight } from '../calendar/moscow-day.ts'
import type { Fact, Facts } from '../expressions/fact-type.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { FactChangeRow, RuleEffectRow, RuleOutcomeRow } from '../postgres/rule-tables.ts'
import type { FactRead } from '../processes/notation/read.ts'
import type { World } from '../world.ts'
import { type CompiledRule, valuesOf } from './compiled-rule.ts'
import { inputsOf } from './decision-record.ts'
import { placesOf, seenFacts } from './fact-history.ts'
import type { FactStore } from './fact-store.ts'
import { type Judgement, judgeRule, type Mode } from './judge.ts'
import type { OutcomeStore } from './outcome-store.ts'
import type { Addressed, ReadHandler, RuleEvent, Subject, SubjectSource } from './ports.ts'
import type { RecordStore } from './record-store.ts'
import type { RuleStore } from './rule-store.ts'

/** A version that stands, and whether it acts or only watches. */
export type StandingRule = { readonly compiled: CompiledRule; readonly version: number; readonly mode: Mode }

export type RuleService = {
  /** Evaluates every rule that is due, once across instances. */
  sweep(stop: AbortSignal): Promise<void>
  /** Evaluates the rules that this event wakes, for those it concerns; the same event again changes nothing. */
  take(event: RuleEvent): Promise<void>
  /** One rule for these, or for all it is for. Answers how many it fired for. */
  evaluate(rule: StandingRule, only: Addressed | undefined, event: RuleEvent | undefined): Promise<number>
}

type Deps = Pick<Postgres, 'db' | 'inTransaction'> &
  Pick<World, 'clock' | 'log' | 'uuid'> & {
    readonly standing: () => Promise<readonly StandingRule[]>
    readonly policy: () => Promise<Facts>
    readonly subjects: () => readonly SubjectSource[]
    readonly reads: () => ReadonlyMap<FactRead['kind'], ReadHandler>
    readonly ruleStore: (db: Db) => Pick<RuleStore, 'claimSweep'>
    readonly outcomeStore: (db: Db) => OutcomeStore
    readonly recordStore: (db: Db) => Pick<RecordStore, 'add'>
    readonly factStore: (db: Db) => Pick<FactStore, 'newest' | 'add'>
    /** Decisions with something to do have been stored. */
    readonly decided: () => void
    readonly count: (verdict: string) => void
  }

type Seen = { readonly subject: Subject; readonly facts: Facts; readonly asOf: Readonly<Record<string, EpochMs>> }

/** A version keeps an event's name apart from others of the same id. */
export const CHANGED = 'field.changed'

export function createRuleService(deps: Deps): RuleService {
  const { db, inTransaction, clock, log, uuid } = deps

  const subjectsOf = async (rule: CompiledRule, only: Addressed | undefined): Promise<readonly Subject[]> => {
    for (const source of deps.subjects()) {
      const found = await source(rule.rule.for, only)
      if (found !== undefined) return found
    }
    return []
  }

  /** Everything a rule may look at for each subject; a read that nobody answers stays unknown. */
  const look = async (rule: CompiledRule, subjects: readonly Subject[], event: RuleEvent | undefined, now: EpochMs) => {
    const common: Facts = {
      now,
      today: midnight(now),
      policy: await deps.policy(),
      ...(event === undefined ? {} : { event: { at: event.at, ...event.payload } }),
    }
    let seen: readonly Seen[] = subjects.map((subject) => ({
      subject,
      facts: { ...common, ...subject.facts },
      asOf: subject.asOf,
    }))
    for (const { name, read, args } of rule.reads) {
      const handler = deps.reads().get(read.kind)
      if (handler === undefined) continue
      const asks = seen.map(({ subject, facts }) => ({ read, subject, args: argsFor(args, facts) }))
      const answers = await handler(asks, now)
      seen = seen.map((one, index) => {
        const answer = answers[index]
        if (answer?.value === undefined || answer.value === null) return one
        const asOf = answer.asOf === undefined ? one.asOf : { ...one.asOf, [name]: answer.asOf }
        return { ...one, facts: { ...one.facts, [name]: answer.value }, asOf }
      })
    }
    return seen
  }

  const remember = async (rule: CompiledRule, seen: readonly Seen[], now: EpochMs): Promise<void> => {
    const rows = seenFacts(placesOf(rule), seen, now)
    const store = deps.factStore(db)
    const changed: FactChangeRow[] = []
    for (const [kind, own] of Map.groupBy(rows, (row) => row.kind)) {
      const unique = (of: 'id' | 'field') => [...new Set(own.map((row) => row[of]))]
      const known = await store.newest(kind, unique('field'), unique('id'))
      for (const row of own) {
        const key = `${row.id} ${row.field}`
        if (!known.has(key) || JSON.stringify(known.get(key)) !== JSON.stringify(row.value)) changed.push(row)
      }
    }
    await store.add(changed)
  }

  /** Under a lock: two who saw the same fire once. */
  const fire = (
    { compiled, version, mode }: StandingRule,
    { subject, facts, asOf }: Seen,
    event: RuleEvent | undefined,
    now: EpochMs,
  ) =>
    inTransaction(async (within) => {
      const key = { ruleId: compiled.id, mode, subject: subject.id, eachKey: subject.eachKey }
      const row = await deps.outcomeStore(within).locked(key, version, now)
      const judged = judgeRule(compiled, facts, row, now)
      const decisionId = uuid()
      const effects = effectsOf(decisionId, compiled, mode, facts, judged, now)
      const decided =
        judged.fire &&
        (await deps.recordStore(within).add(
          {
            id: decisionId,
            ...key,
            version,
            eventId: event?.id ?? decisionId,
            vehicleId: subject.vehicleId ?? null,
            driverId: subject.driverId ?? null,
            at: now,
            outcome: judged.outcome,
            fired: true,
            inputs: inputsOf(compiled, facts, asOf),
            because: judged.because,
          },
          effects,
        ))
      const { outcome, verdict, since } = judged
      const last = decided ? decisionId : row.decisionId
      await deps
        .outcomeStore(within)
        .put([{ ...key, version, outcome, verdict, since, evaluatedAt: now, decisionId: last }])
      return decided
    })

  const evaluate: RuleService['evaluate'] = async (rule, only, event) => {
    const { compiled, version, mode } = rule
    const now = clock.now()
    const subjects = await subjectsOf(compiled, only)
    if (subjects.length === 0) return 0
    const seen = await look(compiled, subjects, event, now)
    await remember(compiled, seen, now)
    const ids = [...new Set(subjects.map(({ id }) => id))]
    const rows = await deps.outcomeStore(db).of(compiled.id, mode, ids)
    const previous = new Map(rows.map((row) => [`${row.subject} ${row.eachKey}`, row]))
    const quiet: RuleOutcomeRow[] = []
    let fired = 0
    for (const one of seen) {
      const before = previous.get(`${one.subject.id} ${one.subject.eachKey}`)
      const judged = judgeRule(compiled, one.facts, before, now)
      deps.count(judged.verdict)
      if (judged.fire) fired += (await fire(rule, one, event, now)) ? 1 : 0
      else if (before?.outcome !== judged.outcome || before.verdict !== judged.verdict || before.version !== version)
        quiet.push(rowOf(rule, one.subject, judged, before, now))
    }
    await deps.outcomeStore(db).put(quiet)
    if (fired > 0) {
      log.info({ rule: compiled.id, version, mode, fired }, 'rule.fired')
      if (mode === 'acting') deps.decided()
    }
    return fired
  }

  return {
    evaluate,
    sweep: async (stop) => {
      const now = clock.now()
      for (const [id, versions] of Map.groupBy(await deps.standing(), ({ compiled }) => compiled.id)) {
        const every = Math.min(...versions.map(({ compiled }) => compiled.everyMs ?? Number.POSITIVE_INFINITY))
        if (stop.aborted) return
        if (!Number.isFinite(every) || !(await deps.ruleStore(db).claimSweep(id, now, later(now, every)))) continue
        for (const rule of versions)
          try {
            await evaluate(rule, undefined, undefined)
          } catch (err) {
            log.error({ err, rule: id, version: rule.version }, 'rule.failed')
          }
      }
    },
    take: async (event) => {
      const path = event.name === CHANGED ? event.payload['path'] : undefined
      for (const rule of await deps.standing()) {
        const { events, changed } = rule.compiled
        const woken = typeof path === 'string' ? changed.includes(path) : events.includes(event.name)
        if (woken) await evaluate(rule, event.about, event)
      }
    },
  }
}

function argsFor(args: CompiledRule['reads'][number]['args'], facts: Facts): Record<string, Fact> {
  return Object.fromEntries(
    Object.entries(args).flatMap(([name, arg]): [string, Fact][] => {
      if ('literal' in arg) return [[name, arg.literal]]
      const evaluation = arg.evaluate(facts)
      return evaluation.kind === 'value' ? [[name, evaluation.value]] : []
    }),
  )
}

const rowOf = (
  { compiled, version, mode }: StandingRule,
  subject: Subject,
  { outcome, verdict, since }: Judgement,
  before: RuleOutcomeRow | undefined,
  now: EpochMs,
): RuleOutcomeRow => ({
  ruleId: compiled.id,
  mode,
  subject: subject.id,
  eachKey: subject.eachKey,
  version,
  outcome,
  verdict,
  since,
  evaluatedAt: now,
  decisionId: before?.decisionId ?? null,
})

function effectsOf(
  decisionId: string,
  { actions, values }: CompiledRule,
  mode: Mode,
  facts: Facts,
  { since }: Judgement,
  now: EpochMs,
): readonly RuleEffectRow[] {
  const computed = valuesOf(values, facts)
  return actions.map((action, line) => ({
    decisionId,
    line,
    action: action.kind,
    details: { action, values: computed, facts, since },
    state: mode === 'shadow' ? 'shadow' : 'waiting',
    note: '',
    attempts: 0,
    heldUntil: epochMs(0),
    changedAt: now,
  }))
}
