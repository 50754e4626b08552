import type { DeviceId } from '#contract/ids.ts'
import type { ReadingRef } from '#contract/installation.ts'
import { type Millis, millis } from '#contract/instant.ts'
import type { Capability } from '#contract/profile.ts'
import type { RelayDrive } from '../immobilizer/relay-output.ts'
import { type Beside, followPosition, type GnssTrustState, heedReceiver, UNTRIED } from '../position/gnss-trust.ts'
import { isZeroPosition, type Place } from '../position/place.ts'
import { type ReadPosition, readPosition } from '../position/position-readings.ts'
import type { Reading, ReadingValue } from '../profile/reading.ts'
import { type Delivery, type FixTrack, followFix, isUnrest, noteSpeed } from './fix-track.ts'
import type { InterlockPolicy } from './interlock-policy.ts'
import { type MotionMinute, noteLook } from './motion-minute.ts'

/** Which readings of this vehicle may speak: the technician's choice at pairing. What is absent is not fitted. */
export type EvidenceSources = {
  readonly ignition?: ReadingRef
  readonly motion?: ReadingRef
  readonly sense?: ReadingRef
  /** The device whose `relay.drive` is the immobilizer's. */
  readonly relay?: DeviceId
  /** The one device whose position counts. */
  readonly gnss?: DeviceId
  /** `sent` when it speaks by itself at every fix; else its fix may have waited for the question. */
  readonly gnssDelivery?: Delivery
}

/** A yes/no source whose `false` is the calm state; `calmSince` is absent unless calm without a break. */
export type Level = { readonly on: boolean; readonly at: Millis; readonly calmSince?: Millis }

export type RelayWitness = { readonly word: RelayDrive; readonly at: Millis }

/** What the sensors have said so far, by good readings only, all times monotonic. A reboot starts from `NO_EVIDENCE`. */
export type Evidence = {
  readonly ignition?: Level
  readonly motion?: Level
  readonly fix?: FixTrack
  /** When the receiver last contradicted standstill, believed or not: without GNSS this is still remembered. */
  readonly unrestAt?: Millis
  readonly trust: GnssTrustState
  readonly drive?: RelayWitness
  readonly sense?: RelayWitness
  /** What the wheels last said, by CAN or pulses: against it the receiver's speed is held. */
  readonly wheel?: { readonly speedKmh: number; readonly at: Millis }
  /** For reports, never for a verdict. */
  readonly minute?: MotionMinute
}

export const NO_EVIDENCE: Evidence = { trust: UNTRIED }

/** A wired ignition only: one derived from the supply's voltage stays high while a smart alternator charges. */
const mayTell = (capability: Capability | undefined): boolean =>
  capability !== 'supply.voltage' && capability !== 'position.speed'

const good = (reading: Reading): boolean =>
  reading.quality === 'good' && reading.evidence && reading.value !== undefined

/**
 * Pure. Takes over what one polling cycle read. Only good readings that may be evidence make anything calmer; a reading
 * of any quality that says "on" or "fast" makes it less so, since a doubtful alarm is still an alarm.
 */
export function observe(
  evidence: Evidence,
  readings: readonly Reading[],
  sources: EvidenceSources,
  policy: InterlockPolicy,
): Evidence {
  const positioned = observeGnss(
    evidence,
    readings.filter((reading) => reading.device === sources.gnss),
    sources.gnssDelivery ?? 'polled',
    policy,
  )
  const seen = readings.reduce((before, reading) => observeOne(before, reading, sources, policy), positioned)
  return looked(seen, readings, sources)
}

/** Keeps what this cycle said about motion, for the reports. Words count whatever their quality; places only when good. */
function looked(evidence: Evidence, readings: readonly Reading[], sources: EvidenceSources): Evidence {
  let [at, speedKmh] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let [ignition, motion]: (boolean | undefined)[] = []
  let place: Place | undefined
  for (const reading of readings) {
    const { capability, value } = reading
    if (capability === 'position.speed' || capability === 'vehicle.speed') {
      if (typeof value === 'number' && Number.isFinite(value)) speedKmh = Math.max(speedKmh, value)
      else continue
    } else if (names(sources.ignition, reading)) ignition = saysOn(value) ?? ignition
    else if (names(sources.motion, reading)) motion = saysOn(value) ?? motion
    else if (capability === 'position.lat' && reading.device === sources.gnss) place = placeOf(readings, sources)
    else continue
    at = Math.max(at, reading.steadyAt)
  }
  if (!Number.isFinite(at)) return evidence
  const look = {
    at: millis(at),
    ...(speedKmh >= 0 && speedKmh <= FASTEST_KMH ? { speedKmh } : {}),
    ...(ignition === undefined ? {} : { ignition }),
    ...(motion === undefined ? {} : { motion }),
    ...(place === undefined ? {} : { place }),
  }
  return { ...evidence, minute: noteLook(evidence.minute, look) }
}

/** A figure beyond this is a fault of the unit and would only make the report unreadable. */
const FASTEST_KMH = 1000

const placeOf = (readings: readonly Reading[], { gnss }: EvidenceSources): Place | undefined => {
  const position = readPosition(readings.filter((reading) => reading.device === gnss))
  return position?.valid === true && !isZeroPosition(position) ? { lat: position.lat, lon: position.lon } : undefined
}

function observeOne(evidence: Evidence, reading: Reading, sources: EvidenceSources, policy: InterlockPolicy): Evidence {
  if (names(sources.ignition, reading) && mayTell(reading.capability))
    return withLevel(evidence, 'ignition', follow(evidence.ignition, reading, policy.ignitionMaxAge))
  if (names(sources.motion, reading) && mayTell(reading.capability))
    return withLevel(evidence, 'motion', follow(evidence.motion, reading, policy.motionMaxAge))
  if (names(sources.sense, reading)) return { ...evidence, ...witness('sense', reading) }
  if (reading.device === sources.relay && reading.capability === 'relay.drive')
    return { ...evidence, ...witness('drive', reading) }
  if (reading.capability === 'vehicle.speed' && good(reading) && typeof reading.value === 'number')
    return { ...evidence, wheel: { speedKmh: reading.value, at: reading.steadyAt } }
  return evidence
}

const names = (ref: ReadingRef | undefined, reading: Reading): boolean =>
  ref !== undefined && ref.device === reading.device && ref.reading === reading.name

const withLevel = (evidence: Evidence, key: 'ignition' | 'motion', level: Level | undefined): Evidence =>
  level === undefined ? evidence : { ...evidence, [key]: level }

/** A number is a wheel or engine speed: anything but 0 is motion. A word is neither calm nor a proof of anything. */
const saysOn = (value: ReadingValue | undefined): boolean | undefined => {
  if (typeof value === 'boolean') return value
  return typeof value === 'number' ? value !== 0 : undefined
}

function follow(level: Level | undefined, reading: Reading, maxGap: Millis): Level | undefined {
  const on = saysOn(reading.value)
  if (on === undefined || (level !== undefined && reading.steadyAt < level.at)) return level
  if (on) return { on, at: reading.steadyAt }
  if (!good(reading)) return level
  const unbroken = level?.calmSince !== undefined && reading.steadyAt - level.at <= maxGap
  return { on, at: reading.steadyAt, calmSince: unbroken ? level.calmSince : reading.steadyAt }
}

const witness = (key: 'drive' | 'sense', reading: Reading): Partial<Record<'drive' | 'sense', RelayWitness>> => {
  if (!good(reading) || (reading.value !== 'free' && reading.value !== 'blocked')) return {}
  return { [key]: { word: reading.value, at: reading.steadyAt } }
}

function observeGnss(
  evidence: Evidence,
  readings: readonly Reading[],
  delivery: Delivery,
  policy: InterlockPolicy,
): Evidence {
  if (readings.length === 0) return evidence
  const position = readPosition(readings)
  const trust = readings.reduce(heed, followed(evidence, position, policy))
  const speedKmh = position?.speedKmh
  const track =
    position?.proof === true && speedKmh !== undefined
      ? followFix(evidence.fix, { ...position, speedKmh }, trust, policy, delivery)
      : evidence.fix
  const fix = readings.reduce((seen, reading) => heedSpeed(seen, reading, policy), track)
  const shown = fix !== undefined && isUnrest(fix, policy) ? fix.newest.at : evidence.unrestAt
  const unrestAt = readings.reduce((seen, reading) => unrest(seen, reading, policy), shown)
  return {
    ...evidence,
    trust,
    ...(fix === undefined ? {} : { fix }),
    ...(unrestAt === undefined ? {} : { unrestAt }),
  }
}

const unrest = (
  seen: Millis | undefined,
  { capability, value, steadyAt }: Reading,
  policy: InterlockPolicy,
): Millis | undefined =>
  capability === 'position.speed' && typeof value === 'number' && value > policy.standstillKmh ? steadyAt : seen

const followed = (evidence: Evidence, position: ReadPosition | undefined, policy: InterlockPolicy): GnssTrustState =>
  position === undefined
    ? evidence.trust
    : followPosition(evidence.trust, position, beside(evidence, position.at, policy))

/** Wheels and receiver must speak of the same moment to contradict each other. */
const WHEEL_MAX_AGE_MS = 1500

function beside({ ignition, motion, wheel }: Evidence, at: Millis, policy: InterlockPolicy): Beside {
  const offSince = ignition !== undefined && at - ignition.at <= policy.ignitionMaxAge ? ignition.calmSince : undefined
  const isFelt = motion !== undefined && at - motion.at <= policy.motionMaxAge
  return {
    ...(wheel !== undefined && at - wheel.at <= WHEEL_MAX_AGE_MS ? { wheelKmh: wheel.speedKmh } : {}),
    ...(offSince === undefined ? {} : { ignitionOffSince: offSince }),
    ...(isFelt ? { motion: motion.on ? ('moving' as const) : ('still' as const) } : {}),
  }
}

function heed(trust: GnssTrustState, { capability, value }: Reading): GnssTrustState {
  if (capability !== 'position.trust') return trust
  return value === 'ok' || value === 'suspect' || value === 'jammed' ? heedReceiver(trust, value) : trust
}

const heedSpeed = (
  fix: FixTrack | undefined,
  { capability, value }: Reading,
  policy: InterlockPolicy,
): FixTrack | undefined =>
  capability === 'position.speed' && typeof value === 'number' ? noteSpeed(fix, value, policy) : fix

/** Pure. How long a source is proved calm: up to its last word, not up to now. 0 when it is not calm. */
export const calmFor = (level: Level | undefined): Millis =>
  millis(level?.calmSince === undefined ? 0 : level.at - level.calmSince)
