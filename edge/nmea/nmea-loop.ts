import type { DeviceId } from '#contract/ids.ts'
import { type Clock, type EpochMs, millis, seconds } from '#contract/instant.ts'
import type { Profile } from '#contract/profile.ts'
import type { ByteLink, OpenLink } from '../modbus/byte-link-client.ts'
import { backoffMs } from '../poll/backoff.ts'
import type { FreshnessState } from '../profile/freshness.ts'
import type { QualityReason, Reading } from '../profile/reading.ts'
import { readingsOfFix, readingsOfSilence } from './fix-readings.ts'
import { createNmeaDecoder, type LineDecoder } from './nmea-decoder.ts'
import type { NmeaFix } from './nmea-epoch.ts'

export type NmeaDeps = {
  readonly device: DeviceId
  readonly profile: Profile
  readonly open: OpenLink
  readonly clock: Clock
  readonly random: () => number
  readonly log: { info(fields: object, event: string): void; warn(fields: object, event: string): void }
  /** The software's build date: an earlier fix time is refused. */
  readonly notBefore: EpochMs
  /** All readings of the device, once per moment the receiver speaks of, and bad ones when it is silent or gone. */
  readonly onReadings: (readings: readonly Reading[]) => void
  /** What the receiver's lines are made of; NMEA 0183 when left out. `greeting` is said once a line is open. */
  readonly speech?: { readonly decoder: () => LineDecoder; readonly greeting: string }
}

/** A moment is complete when its receiver has been quiet for so long. */
const QUIET = millis(250)
/** A receiver speaks every second; after this silence its readings are bad. */
const SILENT = seconds(5)
/** A line that stays silent is opened anew: a dead TCP peer says nothing. */
const DEAD = seconds(30)
const CONNECT_TIMEOUT = seconds(5)
/** gpsd tells all satellites of four systems in one line. */
const MAX_LINE = 16_384

type Ending = { readonly reason: QualityReason; readonly cause?: unknown }

/** Reads one receiver (NMEA 0183, or gpsd by its `speech`) until told to stop; opens its line again whenever it is lost. */
export async function runNmeaLoop(deps: NmeaDeps, stop: AbortSignal): Promise<void> {
  const { clock, device, profile } = deps
  let freshness: FreshnessState = {}
  let failures = 0

  const tell = (fix: NmeaFix | undefined): void => {
    if (fix === undefined) return
    if (failures > 0) deps.log.info({ device }, 'device.online')
    failures = 0
    const look = { now: clock.now(), steadyAt: clock.steady(), notBefore: deps.notBefore }
    try {
      const judged = readingsOfFix(freshness, { device, profile }, fix, look)
      freshness = judged.state
      deps.onReadings(judged.readings)
    } catch (cause) {
      deps.log.warn({ device, err: cause }, 'nmea.readings-refused')
    }
  }

  while (!stop.aborted) {
    const ending = await listen(deps, tell, stop)
    if (stop.aborted) return
    failures += 1
    if (failures === 1) deps.log.warn({ device, reason: ending.reason, err: ending.cause }, 'device.offline')
    deps.onReadings(silence(deps, ending.reason))
    await clock.sleep(millis(backoffMs(failures, deps.random())), stop)
  }
}

const silence = (deps: NmeaDeps, reason: QualityReason): readonly Reading[] =>
  readingsOfSilence(deps, reason, { now: deps.clock.now(), steadyAt: deps.clock.steady() })

async function opened(deps: NmeaDeps, listener: Parameters<OpenLink>[0], stop: AbortSignal): Promise<ByteLink> {
  const opening = new AbortController()
  void deps.clock.sleep(CONNECT_TIMEOUT, opening.signal).then(() => opening.abort())
  try {
    return await deps.open(listener, AbortSignal.any([stop, opening.signal]))
  } finally {
    opening.abort()
  }
}

/** One connection, from its opening to its end. */
async function listen(deps: NmeaDeps, tell: (fix: NmeaFix | undefined) => void, stop: AbortSignal): Promise<Ending> {
  const decoder = deps.speech?.decoder() ?? createNmeaDecoder()
  let text = ''
  let wake = new AbortController()
  let ended: Ending | undefined

  const listener = {
    bytes: (bytes: Uint8Array): void => {
      const lines = (text + Buffer.from(bytes).toString('latin1')).split(/\r\n|\n|\r/)
      text = (lines.pop() ?? '').slice(-MAX_LINE)
      for (const line of lines) tell(decoder.take(line))
      wake.abort()
    },
    closed: (cause: Error | undefined): void => {
      ended = { reason: 'offline', cause }
      wake.abort()
    },
  }

  let link: ByteLink
  try {
    link = await opened(deps, listener, stop)
  } catch (cause) {
    return { reason: 'offline', cause }
  }
  if (deps.speech !== undefined) link.write(Buffer.from(deps.speech.greeting))
  let heardAt = deps.clock.steady()
  let isTold = false
  while (!stop.aborted && ended === undefined) {
    const waitedFor = decoder.isOpen ? QUIET : SILENT
    await deps.clock.sleep(waitedFor, AbortSignal.any([stop, wake.signal]))
    if (wake.signal.aborted) {
      wake = new AbortController()
      heardAt = deps.clock.steady()
      isTold = false
      continue
    }
    tell(decoder.finish())
    const silentMs = deps.clock.steady() - heardAt
    if (silentMs >= SILENT && !isTold) {
      isTold = true
      deps.onReadings(silence(deps, 'timeout'))
    }
    if (silentMs >= DEAD) ended = { reason: 'timeout' }
  }
  tell(decoder.finish())
  link.close()
  return ended ?? { reason: 'offline' }
}
