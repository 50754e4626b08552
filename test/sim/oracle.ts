import type { GatewayRecord } from '#contract/record.ts'
import { INVARIANTS, type Invariant, type Violation } from './plan.ts'

/** Judges by the truth and by ledgers of its own; the product cannot see it. */
export type Oracle = {
  /** Counts one check; a failed one is a violation. */
  check(invariant: Invariant, vehicle: number, holds: boolean, what: () => string): void
  violations(): readonly Violation[]
  checks(): Readonly<Record<Invariant, number>>
  /** A record has been committed by an outbox under its number. */
  accepted(vehicle: number, key: string, record: GatewayRecord): void
  /** The cloud's journal has committed a record. */
  stored(vehicle: number, key: string, record: GatewayRecord): void
  /** A range has been named as given up by a `gap` event that the journal has. */
  declared(key: string): void
  /** The disk that held it is gone. */
  destroyed(vehicle: number, key: string): void
  /** The outbox has forgotten a record. */
  forgotten(vehicle: number, key: string): void
  /** At the end, when everything has healed. */
  nothingLost(vehicleOf: (key: string) => number): void
  readonly ledger: Ledger
}

/** What truly happened, by order. */
export type Ledger = {
  readonly executions: Map<string, number>
  readonly executedSeq: Map<number, number>
  /** Per vehicle, the order and the boot that last wrote a block. */
  readonly acts: Map<number, string>
  readonly verifiedSaid: Set<string>
  readonly finalStored: Set<string>
  readonly finalDestroyed: Set<string>
  readonly relayWords: Set<string>
  /** `vehicle/version` of each configuration whose taking effect is stored, or was told by a disk that is gone. */
  readonly appliedTold: Set<string>
}

const LAST_WORDS: ReadonlySet<string> = new Set(['verified', 'refused', 'failed', 'expired', 'superseded'])
const isLastWord = (state: string): boolean => LAST_WORDS.has(state)

/** What was committed within the last moments of a run may still be on the air. */
const UNDER_WAY_MS = 60_000

export function createOracle(now: () => number): Oracle {
  const violations: Violation[] = []
  const checks = new Map<Invariant, number>(INVARIANTS.map((invariant) => [invariant, 0]))
  const outbox = new Map<string, GatewayRecord>()
  const acceptedAt = new Map<string, number>()
  const journal = new Set<string>()
  const gaps = new Set<string>()
  const ledger: Ledger = {
    executions: new Map(),
    executedSeq: new Map(),
    acts: new Map(),
    verifiedSaid: new Set(),
    finalStored: new Set(),
    finalDestroyed: new Set(),
    relayWords: new Set(),
    appliedTold: new Set(),
  }

  const check: Oracle['check'] = (invariant, vehicle, holds, what) => {
    checks.set(invariant, (checks.get(invariant) ?? 0) + 1)
    if (!holds) violations.push({ invariant, at: now(), vehicle, what: what() })
  }

  const noteApplied = (vehicle: number, record: GatewayRecord): void => {
    if (record.kind === 'event' && record.name === 'config-applied')
      ledger.appliedTold.add(`${vehicle}/${String(record.data['appliedVersion'])}`)
  }

  return {
    check,
    violations: () => violations,
    checks: () => {
      const counted: Record<string, number> = {}
      for (const invariant of INVARIANTS) counted[invariant] = checks.get(invariant) ?? 0
      return counted as Record<Invariant, number>
    },
    accepted: (vehicle, key, record) => {
      check('I3', vehicle, !outbox.has(key), () => `number ${key} was given to two records`)
      outbox.set(key, record)
      acceptedAt.set(key, now())
    },
    stored: (vehicle, key, record) => {
      check('I3', vehicle, !journal.has(key), () => `record ${key} is stored twice`)
      check('I3', vehicle, outbox.get(key) === record, () => `record ${key} is stored, but was never accepted so`)
      journal.add(key)
      noteApplied(vehicle, record)
      if (record.kind !== 'report') return
      ledger.relayWords.add(`${vehicle}/${record.relay}/${record.at}`)
      if (isLastWord(record.state)) ledger.finalStored.add(record.orderId)
    },
    declared: (key) => void gaps.add(key),
    destroyed: (vehicle, key) => {
      gaps.add(key)
      const record = outbox.get(key)
      if (record !== undefined) noteApplied(vehicle, record)
      // The word about an order's end went with the disk: that it is missing is no fault of the product.
      if (record?.kind === 'report' && !journal.has(key) && isLastWord(record.state))
        ledger.finalDestroyed.add(record.orderId)
    },
    forgotten: (vehicle, key) =>
      check('I3', vehicle, journal.has(key) || gaps.has(key), () => `record ${key} was forgotten before it was stored`),
    nothingLost: (vehicleOf) => {
      for (const [key, at] of acceptedAt)
        if (now() - at > UNDER_WAY_MS)
          check(
            'I3',
            vehicleOf(key),
            journal.has(key) || gaps.has(key),
            () => `record ${key} never reached the journal`,
          )
    },
    ledger,
  }
}
