import type { GatewayEvent } from '#contract/event.ts'
import type { Frame } from '#contract/frame.ts'
import { DeviceId, VehicleId } from '#contract/ids.ts'
import { type Clock, epochMs, type Millis, millis } from '#contract/instant.ts'
import { createFrameService } from '../../edge/devices/frame-service.ts'
import { createVehicleReadings } from '../../edge/devices/vehicle-readings.ts'
import { NO_EVIDENCE, observe } from '../../edge/interlock/evidence.ts'
import { interlockPolicy } from '../../edge/interlock/interlock-policy.ts'
import { readingsOfFix } from '../../edge/nmea/fix-readings.ts'
import { type Odometer, odometerAt } from '../../edge/odometer/odometer.ts'
import { gnssTrust, suspicionOf } from '../../edge/position/gnss-trust.ts'
import { createPositionService } from '../../edge/position/position-service.ts'
import { calibratedScale } from '../../edge/position/wheel-check.ts'
import { loadProfiles } from '../../edge/profile/profile-store.ts'
import type { Reading } from '../../edge/profile/reading.ts'
import { BUILT } from '../../edge/time/build-date.ts'
import { hearFix, startKeeping, timeNow } from '../../edge/time/time-keeper.ts'
import type { TraceRow } from './trace.ts'

const [GPS, BUS] = [DeviceId.parse('gps'), DeviceId.parse('bus')]
/** Traces are of other years: they are driven as if they began here. */
const T0 = epochMs(Date.UTC(2027, 2, 1, 6))

export type OnboardOptions = {
  readonly ignition?: 'on' | 'not-fitted'
  /** What a fitted CAN or pulse speed shows at a row; absent where none is fitted. */
  readonly wheelKmh?: (row: TraceRow) => number
  /** What a fitted dashboard shows at a row. */
  readonly dashboardKm?: (row: TraceRow) => number
  /** What a fitted counter of pulses shows at a row, and how many the installation takes for a kilometre. */
  readonly pulses?: { readonly perKm: number; shown(row: TraceRow): number }
  readonly odometer?: Odometer
  /** The key is turned a second after the last row: a drive that has ended, not one that goes on. */
  readonly ends?: boolean
}

export type Driven = {
  readonly frames: readonly Frame[]
  readonly events: readonly GatewayEvent[]
  readonly odometer: Odometer
  /** The row that each frame was made at. */
  readonly rowOf: ReadonlyMap<Frame, TraceRow>
}

const profile = loadProfiles(new URL('../../device-profiles', import.meta.url).pathname).find(
  ({ id }) => id === 'generic-nmea-0183',
)

/** Drives a trace through everything a gateway does with its receiver, from the fix's readings to frames. */
export function driveOnboard(rows: readonly TraceRow[], options: OnboardOptions = {}): Driven {
  if (profile === undefined) throw new Error('there is no profile of an NMEA receiver')
  const begin = rows[0]?.time ?? 0
  let steady = millis(10_000)
  const clock: Clock = { now: () => epochMs(0), steady: () => steady, sleep: () => Promise.resolve() }
  let keeper = startKeeping(BUILT, steady)
  let evidence = NO_EVIDENCE
  let freshness = {}
  let current: TraceRow | undefined
  const frames: Frame[] = []
  const events: GatewayEvent[] = []
  const rowOf = new Map<Frame, TraceRow>()
  const positions = createPositionService({ gnss: GPS, clock })
  const policy = interlockPolicy()
  const sources = { gnss: GPS, ignition: { device: BUS, reading: 'ignition' } }
  const service = createFrameService({
    installation: {
      schema: 'kordon-installation/1',
      version: 1,
      vehicleId: VehicleId.parse('3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11'),
      devices: [{ id: GPS, profile: profile.id, port: { kind: 'nmeaTcp', host: '127.0.0.1', port: 1 } }],
      ...(options.pulses === undefined
        ? {}
        : { pulses: { device: BUS, reading: 'count', perKm: options.pulses.perKm } }),
    },
    gnss: GPS,
    readings: createVehicleReadings(() => 1000),
    clock,
    time: {
      now: () => timeNow(keeper, steady),
      hearFix: (time, at) => {
        const heard = hearFix(keeper, time, at, BUILT)
        keeper = heard.keeper
        return heard.heard
      },
    },
    trust: () => gnssTrust(evidence.trust),
    suspicion: () => suspicionOf(evidence.trust),
    wheelScale: () => calibratedScale(evidence.trust.wheel),
    refusals: positions.refusals,
    keepFrame: (frame) => {
      frames.push(frame)
      if (current !== undefined) rowOf.set(frame, current)
    },
    keepEvent: (record) => {
      if (record.kind === 'event') events.push(record)
    },
    odometer: options.odometer ?? odometerAt(0),
  })
  const take = (readings: readonly Reading[]): void => {
    const screened = positions.take(readings)
    evidence = observe(evidence, screened, sources, policy)
    service.take(screened)
  }
  for (const row of rows) {
    steady = millis(10_000 + row.time - begin)
    current = row
    take(vehicleReadings(row, options, steady))
    const { lat, lon } = row
    const look = { now: epochMs(0), steadyAt: steady, notBefore: BUILT }
    const time = T0 + row.time - begin
    const placed = lat === undefined || lon === undefined ? { fix: 'none' as const } : { fix: '3d' as const, lat, lon }
    const { speedKmh, courseDeg, satellites, hdop } = row
    const fix = { ...placed, time, ...present({ speedKmh, courseDeg, satellites, hdop }) }
    const seen = readingsOfFix(freshness, { device: GPS, profile }, fix, look)
    freshness = seen.state
    take(seen.readings)
  }
  if (options.ends === true) {
    steady = millis(steady + 1000)
    take([{ ...wired(steady), name: 'ignition', capability: 'ignition', value: false }])
  }
  return { frames, events, odometer: service.odometer(), rowOf }
}

const present = <Of extends object>(of: Of): { [Key in keyof Of]?: Exclude<Of[Key], undefined> } =>
  Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as never

const wired = (steadyAt: Millis) =>
  ({ device: BUS, quality: 'good', evidence: true, readAt: epochMs(0), steadyAt }) as const

function vehicleReadings(row: TraceRow, options: OnboardOptions, steadyAt: Millis): readonly Reading[] {
  const base = wired(steadyAt)
  const { ignition = 'on', wheelKmh, dashboardKm, pulses } = options
  return [
    ...(ignition === 'on' ? [{ ...base, name: 'ignition', capability: 'ignition' as const, value: true }] : []),
    ...(wheelKmh === undefined
      ? []
      : [{ ...base, name: 'speed', capability: 'vehicle.speed' as const, value: wheelKmh(row) }]),
    ...(dashboardKm === undefined
      ? []
      : [{ ...base, name: 'odometer', capability: 'odometer' as const, value: dashboardKm(row) }]),
    ...(pulses === undefined ? [] : [{ ...base, name: 'count', value: pulses.shown(row) }]),
  ]
}
