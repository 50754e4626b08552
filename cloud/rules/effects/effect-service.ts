import { type EpochMs, later, minutes, seconds } from '#contract/instant.ts'
import type { Db, Postgres } from '../../postgres/postgres-client.ts'
import type { RuleDecisionRow, RuleEffectRow } from '../../postgres/rule-tables.ts'
import type { Action } from '../../processes/notation/action.ts'
import type { World } from '../../world.ts'
import type { OutcomeStore } from '../outcome-store.ts'
import type { ActionEnd, ActionHandler } from '../ports.ts'
import type { RecordStore } from '../record-store.ts'

export type EffectService = {
  /** Carries out what is waiting, oldest decision first, until nothing is due; safe on several instances at once. */
  carryOut(stop: AbortSignal): Promise<void>
}

type Deps = Pick<Postgres, 'db'> &
  Pick<World, 'clock' | 'log'> & {
    readonly handlers: () => ReadonlyMap<Action['kind'], ActionHandler>
    readonly recordStore: (db: Db) => RecordStore
    readonly outcomeStore: (db: Db) => Pick<OutcomeStore, 'find'>
    /** Judges the rule of a decision anew for whom it was about. */
    readonly lookAgain: (decision: RuleDecisionRow) => Promise<'judged' | 'only-by-event' | 'acts-no-more'>
    readonly titleOf: (ruleId: string) => string
  }

const AT_ONCE = 50
/** Longer than any handler takes; after a crash another instance goes on. */
const CLAIM = seconds(60)
/** What could not be done – the car cannot be blocked yet – is tried again. */
const REFUSED_AGAIN = minutes(1)
const LONGEST_PAUSE_MS = 600_000
/** A decision of just now needs no second look. */
const JUST_NOW = seconds(30)

/** Carries decisions out, in order: a hold never comes before its message. */
export function createEffectService({
  db,
  clock,
  log,
  handlers,
  recordStore,
  outcomeStore,
  lookAgain,
  titleOf,
}: Deps): EffectService {
  /** A hold, and the words about it, belong to a condition that still holds; giving control back needs nothing. */
  const isOver = async (decision: RuleDecisionRow, { details: { action } }: RuleEffectRow): Promise<boolean> => {
    const guarded = action.kind === 'send' || (action.kind === 'hold' && action.place !== undefined)
    if (!guarded) return false
    const now = await outcomeStore(db).find(decision)
    return now?.outcome !== 'satisfied' || now.decisionId !== decision.id
  }

  const still = async (decision: RuleDecisionRow): Promise<boolean> => {
    if (clock.now() - decision.at > JUST_NOW) {
      const looked = await lookAgain(decision)
      if (looked === 'acts-no-more') return false
      if (looked === 'only-by-event') return true
    }
    return (await outcomeStore(db).find(decision))?.verdict === 'satisfied'
  }

  const endOf = async (decision: RuleDecisionRow, effect: RuleEffectRow): Promise<ActionEnd | 'later'> => {
    if (await isOver(decision, effect)) return { state: 'dropped', note: 'условие больше не выполнено' }
    const { action, values, facts, since } = effect.details
    const handler = handlers().get(action.kind)
    if (handler === undefined) return 'later'
    const { ruleId, version, subject, eachKey, vehicleId, driverId, at } = decision
    return handler({
      key: `${decision.id}:${effect.line}`,
      action,
      values,
      facts,
      since,
      still: () => still(decision),
      decidedAt: at,
      rule: { id: ruleId, version, title: titleOf(ruleId) },
      subject: { id: subject, eachKey, vehicleId: vehicleId ?? undefined, driverId: driverId ?? undefined },
    })
  }

  const carryOne = async (id: string): Promise<void> => {
    const store = recordStore(db)
    const decision = await store.find(id)
    if (decision === undefined) return
    for (const effect of await store.effectsOf(id)) {
      if (effect.state !== 'waiting' && effect.state !== 'refused') continue
      const attempts = effect.attempts + 1
      const put = (state: RuleEffectRow['state'], note: string, heldUntil: EpochMs) =>
        store.settle(id, effect.line, { state, note, attempts, heldUntil, changedAt: clock.now() })
      const pause = later(clock.now(), Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** Math.min(attempts, 10)))
      try {
        const end = await endOf(decision, effect)
        if (end === 'later') return void (await put('waiting', 'некому выполнить', pause))
        await put(end.state, end.note, later(clock.now(), end.state === 'refused' ? REFUSED_AGAIN : 0))
        if (end.state !== effect.state)
          log.info(
            { decisionId: id, rule: decision.ruleId, action: effect.action, note: end.note },
            `rule.effect-${end.state}`,
          )
      } catch (err) {
        log.warn({ err, decisionId: id, action: effect.action, attempts }, 'rule.effect-failed')
        // What follows waits: no hold without its message.
        return void (await put('waiting', 'не вышло, повторим', pause))
      }
    }
  }

  return {
    carryOut: async (stop) => {
      while (!stop.aborted) {
        const now = clock.now()
        const ids = await recordStore(db).claim(now, later(now, CLAIM), AT_ONCE)
        if (ids.length === 0) return
        for (const id of ids) await carryOne(id)
      }
    },
  }
}
