import type { VehicleId } from '#contract/ids.ts'
import { type EpochMs, epochMs } from '#contract/instant.ts'
import type { Approver, Basis, RefusedWord, SignerStatus, SwitchMode, UnnumberedOrder } from './signer-message.ts'
import type { SignerPolicy } from './signer-policy.ts'

/** A block the signer signed. `begun`: the vehicle's last signed order before it was no block. */
export type SignedBlock = {
  readonly vehicleId: VehicleId
  readonly at: EpochMs
  readonly asker: 'rule' | 'person'
  readonly begun: boolean
}

export type Ruling =
  | { readonly ruling: 'sign'; readonly asker: 'rule' | 'person'; readonly begun: boolean }
  /** `freeze`: automation stops until a person lets it go on. */
  | {
      readonly ruling: 'refuse'
      readonly reason: RefusedWord
      readonly until: EpochMs | null
      readonly freeze: boolean
    }

export type Case = {
  readonly vehicleId: VehicleId
  readonly basis: Basis
  readonly mode: SwitchMode
  readonly policy: SignerPolicy
  readonly approvers: readonly Approver[]
  /** Who stood by this very order with a code that the signer checked itself. */
  readonly verified: readonly string[]
  /** Blocks of the last day, in any order. */
  readonly recent: readonly SignedBlock[]
  /** The vehicle's last signed order is a block: this one only renews it. */
  readonly renews: boolean
}

const TEN_MINUTES = 600_000
const HOUR = 3_600_000
export const DAY = 24 * HOUR
const SMALL_FLEET = 3
/** How far the asker's clock may be ahead of ours. */
const CLOCKS_APART = 60_000

const refuse = (reason: RefusedWord, until: number | null = null, freeze = false): Ruling => ({
  ruling: 'refuse',
  reason,
  until: until === null ? null : epochMs(until),
  freeze,
})

/**
 * Pure. May this block be signed now? Renewing a block that was signed before and never taken back spends no budget:
 * it brings no further vehicle to a stand. Two registered persons outrank the budgets, never the switch or the rate.
 */
export function ruleOnBlock(asked: Case, now: EpochMs): Ruling {
  const { vehicleId, basis, mode, policy, recent, renews } = asked
  if (mode === 'unblock-only') return refuse('unblock-only')
  const persons = countingPersons(asked, now)
  const asker = basis.asker === 'person' || persons >= 2 ? 'person' : 'rule'
  if (asker === 'rule' && mode !== 'running')
    return refuse(mode === 'automatic-stopped' ? 'automatic-stopped' : 'automatic-frozen')
  // A block stamped later than now comes from a clock that was set back since: it still counts.
  const last = Math.max(0, ...recent.filter((block) => block.vehicleId === vehicleId).map((block) => block.at))
  const rested = last + policy.minutesBetweenBlocks * 60_000
  if (last !== 0 && now < rested) return refuse('vehicle-rate', Math.min(rested, now + DAY))
  const sign: Ruling = { ruling: 'sign', asker, begun: !renews }
  if (renews || persons >= 2) return sign
  if (asker === 'rule') {
    const day = begunSince(recent, now - DAY, 'rule')
    const hour = begunSince(recent, now - HOUR, 'rule')
    if (hour.length + 1 > policy.automaticPerHour) return refuse('budget-hour', null, true)
    const share = Math.floor((basis.fleetSize * policy.automaticShareOfFleetPercent) / 100)
    if (day.length + 1 > Math.max(SMALL_FLEET, share)) return refuse('budget-share', null, true)
  }
  const burst = begunSince(recent, now - TEN_MINUTES)
  if (burst.length + 1 > policy.vehiclesPerTenMinutes) {
    const oldest = Math.min(...burst.map((block) => block.at))
    return refuse('two-persons', Math.min(oldest, now) + TEN_MINUTES)
  }
  return sign
}

/**
 * Pure. How many different registered approvers stand behind this. Who asked is believed to the web tier, and counts only
 * beside somebody whose code was checked here: it alone can name anybody, and makes nobody a second person.
 */
export function countingPersons({ basis, approvers, verified }: Case, now: EpochMs): number {
  const counts = (id: string): boolean => approvers.some((approver) => approver.id === id && approver.countsFrom <= now)
  const proved = new Set(verified.filter(counts))
  if (proved.size === 0 || basis.asker === 'rule') return proved.size
  return new Set([...proved, ...basis.approvals.map(({ id }) => id).filter(counts)]).size
}

/** The newest begun block of each vehicle since then. */
function begunSince(
  recent: readonly SignedBlock[],
  since: number,
  asker?: SignedBlock['asker'],
): readonly SignedBlock[] {
  const byVehicle = new Map<VehicleId, SignedBlock>()
  for (const block of recent) {
    if (!block.begun || block.at <= since || (asker !== undefined && block.asker !== asker)) continue
    if ((byVehicle.get(block.vehicleId)?.at ?? 0) < block.at) byVehicle.set(block.vehicleId, block)
  }
  return [...byVehicle.values()]
}

/**
 * Pure. The order as it is signed: issued now at the latest, since its `iat` lifts a gateway's floor of time for good, and
 * a block that ends within a day of it. The asker's clock may be a little ahead; whoever dates orders into the future is not followed.
 */
export function datedOrder<Claims extends UnnumberedOrder>(claims: Claims, now: EpochMs): Claims {
  const iat = epochMs(Math.min(claims.iat, now + CLOCKS_APART))
  const end = claims.action === 'block' ? { notAfter: epochMs(Math.min(claims.notAfter, iat + DAY)) } : {}
  return { ...claims, iat, ...end }
}

/** Pure. What the budgets have been spent on. */
export const usageOf = (recent: readonly SignedBlock[], now: EpochMs): SignerStatus['usage'] => ({
  automaticLastHour: begunSince(recent, now - HOUR, 'rule').length,
  automaticLastDay: begunSince(recent, now - DAY, 'rule').length,
  vehiclesLastTenMinutes: begunSince(recent, now - TEN_MINUTES).length,
})

/** Pure. The first two approvers count at once; whoever joins later waits, so that nobody makes two persons in a night. */
export const countsFrom = (known: readonly Approver[], policy: SignerPolicy, now: EpochMs): EpochMs =>
  epochMs(known.length < 2 ? now : now + Math.round(policy.hoursBeforeApproverCounts * HOUR))
