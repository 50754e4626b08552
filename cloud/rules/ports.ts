import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { Fact, Facts } from '../expressions/fact-type.ts'
import type { Action } from '../processes/notation/action.ts'
import type { FactRead } from '../processes/notation/read.ts'
import type { RuleScope } from '../processes/notation/rule.ts'

/** What a rule is judged for: a lease (and one driver of it), a vehicle, a driver, a card. */
export type Subject = {
  /** `lease:…`, `vehicle:…`: names it for ever. */
  readonly id: string
  /** The driver of `each: driver`; empty elsewhere. */
  readonly eachKey: string
  readonly vehicleId: VehicleId | undefined
  readonly driverId: DriverId | undefined
  /** `deal`, `vehicle`, `driver` … with the fields that are filled and known. */
  readonly facts: Facts
  /** When a value was true at its source, by path (`vehicle.odometerKm`); absent: Kordon's own, true now. */
  readonly asOf: Readonly<Record<string, EpochMs>>
}

/** Whom an event concerns: only these are looked at. */
export type Addressed = {
  readonly vehicleId?: VehicleId | undefined
  readonly driverId?: DriverId | undefined
  /** Id of a subject, where the sender knows it. */
  readonly subject?: string | undefined
}

/** Finds subjects for a rule's `for`; undefined when this source does not know such subjects. */
export type SubjectSource = (
  scope: RuleScope | undefined,
  only: Addressed | undefined,
) => Promise<readonly Subject[] | undefined>

/** One `read` for one subject; `args` are its values (`max_age`, `key`, `zone`) already computed. */
export type ReadAsk = {
  readonly read: FactRead
  readonly args: Readonly<Record<string, Fact>>
  readonly subject: Subject
}
/** `value` absent: unknown. `asOf`: when it was true at its source. */
export type ReadAnswer = { readonly value: Fact; readonly asOf?: EpochMs | undefined }
/** Answers in the order asked; all asks of a rule at once, so that a sweep is a few statements. */
export type ReadHandler = (asks: readonly ReadAsk[], now: EpochMs) => Promise<readonly ReadAnswer[]>

export type ActionWish = {
  /** The same effect again has the same key: `decision:line`. */
  readonly key: string
  readonly action: Action
  /** Values of `{cel: …}` in the action, by their source. */
  readonly values: Facts
  readonly rule: { readonly id: string; readonly version: number; readonly title: string }
  readonly subject: Pick<Subject, 'id' | 'eachKey' | 'vehicleId' | 'driverId'>
  /** What was known when it was decided. */
  readonly facts: Facts
  readonly decidedAt: EpochMs
  /** Since when the rule has been satisfied for this subject. */
  readonly since: EpochMs
  /** Is it satisfied by what is known now? Judged anew where the decision is not of just now: old facts hold nobody. */
  readonly still: () => Promise<boolean>
}

/**
 * `refused`: not possible now, tried again while the rule stays satisfied. `dropped`: not to be done any more.
 * Rejecting means "try again later".
 */
export type ActionEnd = { readonly state: 'done' | 'refused' | 'dropped'; readonly note: string }
export type ActionHandler = (wish: ActionWish) => Promise<ActionEnd>

export type RuleEvent = {
  /** The same event again has the same id, and decides nothing twice. */
  readonly id: string
  readonly name: string
  readonly at: EpochMs
  readonly payload: Facts
  readonly about: Addressed
}

/** Where other slices hang in what they know and do; all of it before the rules are opened. */
export type RulePorts = {
  subjects(source: SubjectSource): void
  read(kind: FactRead['kind'], handler: ReadHandler): void
  action(kind: Action['kind'], handler: ActionHandler): void
}
