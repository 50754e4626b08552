import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { PolicyValue } from '../policies/policy.ts'
import type { DecisionInput, EffectDetails } from '../rules/decision-record.ts'
import type { Because, Mode, Outcome } from '../rules/judge.ts'
import type { WhatIfResult, WhatIfWish } from '../rules/what-if-wish.ts'
import type { Generated, Json } from './column.ts'

export type PolicyVersionRow = {
  readonly name: string
  readonly version: number
  readonly value: PolicyValue
  readonly at: EpochMs
  readonly byId: string
  readonly byName: string
  readonly why: string
}

export type RuleRow = {
  readonly id: string
  readonly actingVersion: number | null
  readonly shadowVersion: number | null
  readonly shadowSince: EpochMs | null
  readonly paused: boolean
  readonly nextSweepAt: EpochMs
  readonly changedAt: EpochMs
}

export type RuleVersionRow = {
  readonly ruleId: string
  readonly version: number
  readonly title: string
  readonly source: string
  readonly origin: 'shipped' | 'edited'
  readonly at: EpochMs
  readonly byId: string
  readonly byName: string
  readonly why: string
}

export type RuleSwitchRow = {
  readonly id: number
  readonly ruleId: string
  readonly version: number | null
  readonly what: 'shadow' | 'act' | 'pause' | 'resume' | 'retire'
  readonly at: EpochMs
  readonly byId: string
  readonly byName: string
  readonly why: string
}

export type RuleOutcomeRow = {
  readonly ruleId: string
  readonly mode: Mode
  readonly subject: string
  readonly eachKey: string
  readonly version: number
  readonly outcome: Outcome
  readonly verdict: Outcome
  readonly since: EpochMs
  readonly evaluatedAt: EpochMs
  readonly decisionId: string | null
}

export type RuleDecisionRow = {
  readonly id: string
  readonly ruleId: string
  readonly version: number
  readonly mode: Mode
  readonly subject: string
  readonly eachKey: string
  readonly eventId: string
  readonly vehicleId: VehicleId | null
  readonly driverId: DriverId | null
  readonly at: EpochMs
  readonly outcome: Outcome
  readonly fired: boolean
  readonly inputs: readonly DecisionInput[]
  readonly because: Because
}

export type RuleEffectRow = {
  readonly decisionId: string
  readonly line: number
  readonly action: string
  readonly details: EffectDetails
  readonly state: 'waiting' | 'done' | 'refused' | 'dropped' | 'shadow'
  readonly note: string
  readonly attempts: number
  readonly heldUntil: EpochMs
  readonly changedAt: EpochMs
}

export type FactChangeRow = {
  readonly kind: 'vehicle' | 'driver' | 'lease' | 'fleet'
  readonly id: string
  readonly field: string
  readonly at: EpochMs
  readonly value: PolicyValue | boolean | null
}

export type WhatIfRow = {
  readonly id: string
  readonly at: EpochMs
  readonly byId: string
  readonly byName: string
  readonly wish: WhatIfWish
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'
  readonly doneShare: number
  readonly result: WhatIfResult | null
  readonly error: string | null
}

export type RuleTables = {
  policyVersions: Omit<PolicyVersionRow, 'value'> & { readonly value: Json<PolicyValue> }
  rules: RuleRow
  ruleVersions: RuleVersionRow
  ruleSwitches: Omit<RuleSwitchRow, 'id'> & { readonly id: Generated<number> }
  ruleOutcomes: RuleOutcomeRow
  ruleDecisions: Omit<RuleDecisionRow, 'inputs' | 'because'> & {
    readonly inputs: Json<readonly DecisionInput[]>
    readonly because: Json<Because>
  }
  ruleEffects: Omit<RuleEffectRow, 'details'> & { readonly details: Json<EffectDetails> }
  factChanges: Omit<FactChangeRow, 'value'> & { readonly value: Json<FactChangeRow['value']> }
  whatIfs: Omit<WhatIfRow, 'wish' | 'result'> & {
    readonly wish: Json<WhatIfWish>
    readonly result: Json<WhatIfResult> | null
  }
}
