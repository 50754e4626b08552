import type { DeviceId } from '#contract/ids.ts'
import type { EpochMs, Millis } from '#contract/instant.ts'
import type { Capability } from '#contract/profile.ts'

export type Quality = 'good' | 'stale' | 'bad' | 'uncertain'

/** Why a reading is not good, or was good and aged. */
export type QualityReason =
  | 'old'
  | 'not-advancing'
  | 'offline'
  | 'timeout'
  | 'crc'
  | `exception-${number}`
  | 'decode'
  | 'range'
  | 'missing'
  | 'zero-position'
  | 'byte-order-unlocked'
  | 'defaulted'
  | 'weak-fix'
  | 'blurred'
  | 'jump'
  | 'conflict'

/** `number` in the capability's unit (km/h, km, V, degrees, m), `boolean`, a mapped word, or an instant for times. */
export type ReadingValue = number | boolean | string

/**
 * One decoded value. `value` is absent when nothing was decoded (quality `bad`): never repeat an old one in its place.
 * `readAt` is wall time for stamping only; every age is judged on `steadyAt`.
 */
export type Reading = {
  readonly device: DeviceId
  readonly name: string
  readonly capability?: Capability
  readonly value?: ReadingValue
  readonly quality: Quality
  readonly reason?: QualityReason
  /** False where the profile says that this reading must never be evidence for the interlock. */
  readonly evidence: boolean
  readonly readAt: EpochMs
  readonly steadyAt: Millis
}
