import type { InstantText } from './vehicle.ts'

type Counts = { readonly satisfied: number; readonly notSatisfied: number; readonly unknown: number }

export type Rule = {
  readonly id: string
  readonly title: string
  readonly state: 'acting' | 'shadow' | 'paused' | 'broken' | 'off'
  readonly actingVersion: number | null
  readonly shadowVersion: number | null
  readonly shadowSince: InstantText | null
  readonly newestVersion: number
  readonly source: string
  readonly placesHold: boolean
  readonly everyMs: number | null
  readonly events: readonly string[]
  readonly acting: Counts
  readonly shadow: Counts
  readonly changedAt: InstantText
}

export type RuleVersion = {
  readonly version: number
  readonly title: string
  readonly source: string
  readonly origin: 'shipped' | 'edited'
  readonly at: InstantText
  readonly by: string
  readonly why: string
  readonly differences: readonly { readonly ru: string; readonly en: string }[]
}

export type RuleSwitch = {
  readonly what: 'shadow' | 'act' | 'pause' | 'resume' | 'retire'
  readonly version: number | null
  readonly at: InstantText
  readonly by: string
  readonly why: string
}

export type WhatIfHit = {
  readonly subject: string
  readonly vehicleId: string | null
  readonly driverId: string | null
  readonly at: number
  readonly until: number | null
}

export type Trial = {
  readonly id: string
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'
  readonly doneShare: number
  readonly error: string | null
  readonly result: {
    readonly from: number
    readonly to: number
    readonly subjects: number
    readonly evaluations: number
    readonly hits: readonly WhatIfHit[]
    readonly hitCount: number
    readonly vehicles: number
    readonly vehiclesNow: number
    readonly added: readonly string[]
    readonly spared: readonly string[]
    readonly unknownShare: number
  } | null
}

export type DecisionLine = {
  readonly id: string
  readonly ruleId: string
  readonly title: string
  readonly version: number
  readonly mode: 'acting' | 'shadow'
  readonly subject: string
  readonly vehicleId: string | null
  readonly driverId: string | null
  readonly at: InstantText
  readonly outcome: 'satisfied' | 'notSatisfied' | 'unknown'
}

export type PolicyValue = number | string | readonly (number | string)[]

export type Policy = {
  readonly id: string
  readonly type: 'money' | 'int' | 'duration' | 'text' | 'choice' | 'list<text>' | 'list<int>'
  readonly value: PolicyValue
  readonly shipped: PolicyValue
  readonly min: number | null
  readonly max: number | null
  readonly choices: readonly string[]
  readonly unit: string
  readonly who: 'head' | 'owner'
  readonly title: { readonly ru: string; readonly en: string; readonly noteRu: string }
  readonly version: number
  readonly changed: { readonly at: InstantText; readonly by: string; readonly why: string } | null
}

export type Preset = {
  readonly id: string
  readonly ru: string
  readonly en: string
  readonly noteRu: string
  readonly values: Readonly<Record<string, PolicyValue>>
}

export type PolicyStep = {
  readonly version: number
  readonly value: PolicyValue
  readonly at: InstantText
  readonly by: string
  readonly why: string
}
