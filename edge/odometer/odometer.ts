import { type Millis, millis } from '#contract/instant.ts'
import { followPath, type GnssPath, isHop, type Measure, NO_PATH, type Step, type Stretch } from './gnss-path.ts'

/** Where metres come from, best first. A better source that speaks silences the others. */
export type MileageSource = 'odometer' | 'wheel' | Measure

/** The vehicle's own odometer as last read, and what is added to it so that ours never falls or leaps. */
type Dashboard = {
  readonly metres: number
  readonly offsetM: number
  /** The finest step it was seen to count in. */
  readonly stepM: number
  /** Of a counter of pulses: which one, and what a pulse means. Another one, or another meaning, is another dashboard. */
  readonly counter?: string
  /** Absent after a restart: that monotonic clock is gone. */
  readonly at?: Millis
}

/**
 * Metres driven and by how much they may err, by source; the time the engine ran. Both only ever rise. Everything is
 * plain JSON, so that it survives a restart.
 */
export type Odometer = {
  readonly metres: number
  readonly errorM: number
  readonly engineMs: number
  readonly by: Readonly<Record<MileageSource, number>>
  readonly path: GnssPath
  readonly dashboard?: Dashboard
  /** `since` is when the wheels' unbroken run of words began. */
  readonly wheel?: { readonly speedKmh: number; readonly at: Millis; readonly since: Millis }
  /** The last moment that a position was looked at. */
  readonly placeAt?: Millis
  /** A run of positions not believed yet: counted if it proves true, forgotten if the receiver leaps away from it. */
  readonly doubted?: { readonly first: Step; readonly path: GnssPath; readonly stretches: readonly Stretch[] }
  /** GNSS metres in one metre of the wheels, as learned while both were believed. */
  readonly wheelScale?: number
  readonly engineAt?: Millis
}

export const odometerAt = (metres: number): Odometer => ({
  metres,
  errorM: 0,
  engineMs: 0,
  by: { odometer: 0, wheel: 0, doppler: 0, positions: 0, straight: 0 },
  path: NO_PATH,
})

/** Share of a stretch by which a source may err: tyres, noise, cut corners, a road nobody saw. */
const ERROR: Readonly<Record<MileageSource, number>> = {
  odometer: 0.01,
  wheel: 0.02,
  doppler: 0.005,
  positions: 0.03,
  straight: 0.4,
}
const CALIBRATED_WHEEL_ERROR = 0.01
/** A source that has been silent for longer no longer silences the others. */
const WHEEL_SILENT_MS = 5000
const DASHBOARD_SILENT_MS = 120_000
/** Dashboards count in kilometres or tenths; until a step has been seen the coarser is assumed. */
const COARSEST_STEP_M = 1000
const FASTEST_M_PER_MS = 250 / 3600
/** More than this in the dark is another dashboard, not a drive. */
const LONGEST_DARK_M = 3_000_000
/** Longer than this between two looks, nobody knows whether the engine ran. */
const ENGINE_GAP_MS = 10_000

const add = (odometer: Odometer, source: MileageSource, metres: number, share = ERROR[source]): Odometer =>
  metres <= 0
    ? odometer
    : {
        ...odometer,
        metres: odometer.metres + metres,
        errorM: odometer.errorM + metres * share,
        by: { ...odometer.by, [source]: odometer.by[source] + metres },
      }

/** What lies between two steps of the dashboard is filled in by the others, but never beyond its next step. */
function addBelow(odometer: Odometer, source: MileageSource, metres: number, now: Millis, share?: number): Odometer {
  const { dashboard } = odometer
  if (dashboard?.at === undefined || now - dashboard.at > DASHBOARD_SILENT_MS)
    return add(odometer, source, metres, share)
  const most = dashboard.metres + dashboard.offsetM + dashboard.stepM * 0.99
  return add(odometer, source, Math.min(metres, most - odometer.metres), share)
}

/**
 * Pure. Takes the vehicle's own odometer. The first reading of all is adopted, so that ours shows what the dashboard
 * shows; one that fell or leapt belongs to another dashboard and goes on from where ours is. A `counter` of pulses shows
 * no kilometres of its own: what it has counted before we came means nothing.
 */
export function readDashboard(odometer: Odometer, km: number, at: Millis, counter?: string): Odometer {
  const metres = km * 1000
  const { dashboard } = odometer
  if (dashboard === undefined) {
    if (counter !== undefined)
      return {
        ...odometer,
        dashboard: { metres, stepM: COARSEST_STEP_M, at, offsetM: odometer.metres - metres, counter },
      }
    const adopted = metres >= odometer.metres
    const known = { metres, stepM: COARSEST_STEP_M, at, offsetM: adopted ? 0 : odometer.metres - metres }
    const errorM = odometer.errorM + COARSEST_STEP_M
    return { ...odometer, dashboard: known, metres: Math.max(odometer.metres, metres), errorM }
  }
  if (dashboard.counter !== counter) {
    const { dashboard: _other, ...rest } = odometer
    const known = { metres, stepM: COARSEST_STEP_M, at, offsetM: odometer.metres - metres }
    return { ...rest, dashboard: counter === undefined ? known : { ...known, counter } }
  }
  const step = metres - dashboard.metres
  const longest =
    dashboard.at === undefined ? LONGEST_DARK_M : (at - dashboard.at) * FASTEST_M_PER_MS + 2 * COARSEST_STEP_M
  if (step < 0 || step > longest)
    return { ...odometer, dashboard: { ...dashboard, metres, at, offsetM: odometer.metres - metres } }
  const stepM = step > 0 ? Math.min(dashboard.stepM, step) : dashboard.stepM
  const known = { ...odometer, dashboard: { ...dashboard, metres, stepM, at } }
  return add(known, 'odometer', metres + dashboard.offsetM - odometer.metres)
}

/** Pure. Takes the wheels' speed; `scale` where the receiver has calibrated it. */
export function readWheel(odometer: Odometer, speedKmh: number, at: Millis, scale?: number): Odometer {
  const { wheel } = odometer
  const wheelScale = scale ?? odometer.wheelScale
  const unbroken = wheel !== undefined && at - wheel.at <= WHEEL_SILENT_MS
  const next = {
    ...odometer,
    wheel: { speedKmh, at, since: unbroken ? wheel.since : at },
    ...(wheelScale === undefined ? {} : { wheelScale }),
  }
  if (!unbroken || at <= wheel.at) return next
  const metres = ((wheel.speedKmh + speedKmh) / 2) * ((at - wheel.at) / 3600) * (wheelScale ?? 1)
  return addBelow(next, 'wheel', metres, at, wheelScale === undefined ? ERROR.wheel : CALIBRATED_WHEEL_ERROR)
}

/** Have the wheels told the whole of the way since the last position? */
const wheelsTold = ({ wheel, placeAt }: Odometer, now: Millis): boolean =>
  wheel !== undefined && now - wheel.at <= WHEEL_SILENT_MS && wheel.since <= (placeAt ?? now)

const count = (odometer: Odometer, stretches: readonly Stretch[], at: Millis): Odometer =>
  wheelsTold(odometer, at)
    ? odometer
    : stretches.reduce((seen, { metres, measure }) => addBelow(seen, measure, metres, at), odometer)

/** Pure. Takes one believed position. What lies behind a run of doubted ones is bridged, and the run itself counted. */
export function readPlace(odometer: Odometer, step: Step, ignition: 'on' | 'off' | 'unknown', at: Millis): Odometer {
  const { doubted, ...rest } = odometer
  if (doubted !== undefined) {
    const last = doubted.path.since.at(-1) ?? doubted.first
    const lead = followPath(rest.path, doubted.first, ignition)
    if (isHop(last, step)) return readPlace(rest, step, ignition, at)
    const proved = count({ ...rest, path: doubted.path }, [...lead.stretches, ...doubted.stretches], at)
    return readPlace(proved, step, ignition, at)
  }
  const { path, stretches } = followPath(odometer.path, step, ignition)
  if (path === odometer.path) return odometer
  return { ...count({ ...odometer, path }, stretches, at), placeAt: at }
}

/** Pure. Takes one position that is not believed: nothing is counted yet. */
export function readDoubted(odometer: Odometer, step: Step, ignition: 'on' | 'off' | 'unknown'): Odometer {
  const { doubted } = odometer
  const last = doubted?.path.since.at(-1)
  if (doubted === undefined || last === undefined || isHop(last, step))
    return { ...odometer, doubted: { first: step, path: { anchor: step, since: [step] }, stretches: [] } }
  const { path, stretches } = followPath(doubted.path, step, ignition)
  return { ...odometer, doubted: { ...doubted, path, stretches: summed([...doubted.stretches, ...stretches]) } }
}

/** One stretch for each measure: a doubted run may last for hours. */
function summed(stretches: readonly Stretch[]): readonly Stretch[] {
  const sums = new Map<Measure, number>()
  for (const { measure, metres } of stretches) sums.set(measure, (sums.get(measure) ?? 0) + metres)
  return [...sums].map(([measure, metres]) => ({ measure, metres }))
}

/** Pure. Counts engine time between two looks, both of which saw it running. */
export function readEngine(odometer: Odometer, engine: 'running' | 'off' | 'unknown', at: Millis): Odometer {
  const { engineAt, ...rest } = odometer
  if (engine !== 'running') return engineAt === undefined ? odometer : rest
  const ran = engineAt !== undefined && at - engineAt <= ENGINE_GAP_MS ? Math.max(0, at - engineAt) : 0
  return { ...rest, engineMs: odometer.engineMs + ran, engineAt: at }
}

/** Pure. As it goes on after a restart: monotonic readings of another boot mean nothing, all else holds. */
export function restarted(odometer: Odometer): Odometer {
  const { wheel: _wheel, engineAt: _engine, placeAt: _place, doubted: _doubted, dashboard, ...rest } = odometer
  if (dashboard === undefined) return rest
  const { at: _at, ...known } = dashboard
  return { ...rest, dashboard: known }
}

/** Pure. The one of two memories that has counted further: a restored file never takes metres back. */
export const furthest = (one: Odometer, other: Odometer): Odometer => (other.metres > one.metres ? other : one)

/** Metres that a frame shows: the wire's step is ten. */
export const shownKm = ({ metres }: Odometer): number => metres / 1000
export const engineHours = ({ engineMs }: Odometer): number => millis(engineMs) / 3_600_000
