import type { InterlockSettings } from '#contract/installation.ts'
import { type Millis, millis, minutes, seconds } from '#contract/instant.ts'

/** Every number the interlock judges by. Made by `interlockPolicy` only, so a number below its floor cannot exist. */
export type InterlockPolicy = {
  readonly ignitionOff: Millis
  /** A longer silence breaks "off without a break". */
  readonly ignitionMaxAge: Millis
  /** How old the last look at the ignition may be when the relay moves: see `ENGINE_START`. */
  readonly ignitionFresh: Millis
  readonly standstillKmh: number
  /** No contact may move above this speed, whatever the settings say: I1. */
  readonly safeKmh: number
  /** By how much a receiver may tell less than the true speed. */
  readonly speedErrorKmh: number
  /** Highest standstill limit that a setting may ask for, and the limit of a running circuit's own bound. */
  readonly hardLimitKmh: number
  readonly standstill: Millis
  readonly fixMaxAge: Millis
  readonly minSatellites: number
  readonly maxAccuracyM: number
  /** How far back positions are compared, and how far apart they may lie at rest. */
  readonly displacementWindow: Millis
  readonly displacementM: number
  /** A rise of speed within `accelerationWindow` that counts as setting off. */
  readonly accelerationKmh: number
  readonly accelerationWindow: Millis
  readonly motionMaxAge: Millis
  readonly motionStill: Millis
  /** Without GNSS: how long ignition must be off and the motion sensor still. */
  readonly withoutGnss: Millis
  readonly relayMaxAge: Millis
  readonly relayRest: Millis
  readonly togglesPerHour: number
  readonly allowRunningCircuitCut: boolean
  readonly runningStandstill: Millis
  /** Highest acceleration with the engine proven off (rolling, tow) and without that proof, km/h per second. */
  readonly rollingKmhPerS: number
  readonly drivingKmhPerS: number
  /** Worst time from the verdict to the moving contact; on a running circuit the rule's own second. */
  readonly actuation: Millis
  readonly runningActuation: Millis
  /** Above this age a fix that is the only motion source proves nothing. */
  readonly loneFixMaxAge: Millis
}

/** From the key to a running engine it takes at least this long; a look must be younger by the way to the contact. */
const ENGINE_START = seconds(1)
const ACTUATION = millis(300)

const clamp = (value: number, lowest: number, highest: number): number => Math.min(highest, Math.max(lowest, value))

/** NaN and infinities never pass a clamp as a limit: an unusable number falls back to the default. */
const within = (value: number | undefined, byDefault: number, lowest: number, highest: number): number =>
  value === undefined || !Number.isFinite(value) ? byDefault : clamp(value, lowest, highest)

/**
 * Pure. The interlock's numbers from an installation's settings. Floors and ceilings stand here in code: no document,
 * role or message moves a number past them. Rest and toggle rate protect hardware, not people, hence down to 0.
 */
export function interlockPolicy(
  settings: InterlockSettings = {},
  flags: { readonly allowRunningCircuitCut?: boolean } = {},
): InterlockPolicy {
  return {
    ignitionOff: millis(within(settings.ignitionOffMs, 65_000, 30_000, 24 * 3_600_000)),
    ignitionMaxAge: seconds(3),
    ignitionFresh: millis(ENGINE_START - ACTUATION),
    standstillKmh: within(settings.standstillKmh, 5, 0, 17),
    safeKmh: 5,
    speedErrorKmh: 1.2,
    hardLimitKmh: 17,
    standstill: millis(within(settings.standstillMs, 20_000, 10_000, 24 * 3_600_000)),
    fixMaxAge: seconds(10),
    minSatellites: 5,
    maxAccuracyM: 50,
    displacementWindow: seconds(60),
    displacementM: 30,
    accelerationKmh: 3,
    accelerationWindow: seconds(5),
    motionMaxAge: seconds(3),
    motionStill: seconds(60),
    withoutGnss: minutes(5),
    relayMaxAge: seconds(3),
    relayRest: millis(within(settings.relayRestMs, 60_000, 0, 3_600_000)),
    togglesPerHour: Math.floor(within(settings.relayTogglesPerHour, 6, 1, 3600)),
    allowRunningCircuitCut: flags.allowRunningCircuitCut === true,
    runningStandstill: seconds(30),
    rollingKmhPerS: 1.5 * 3.6,
    drivingKmhPerS: 3 * 3.6,
    actuation: ACTUATION,
    runningActuation: seconds(1),
    loneFixMaxAge: seconds(1),
  }
}
