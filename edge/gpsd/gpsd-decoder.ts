import type { LineDecoder } from '../nmea/nmea-decoder.ts'
import type { NmeaFix } from '../nmea/nmea-epoch.ts'
import { parseReport, type Sky, type Tpv } from './gpsd-report.ts'

/** Asks gpsd for its reports. JSON of protocol version 3, as every gpsd since 2.90 speaks it. */
export const WATCH = '?WATCH={"enable":true,"json":true}\r\n'

const KMH_PER_MPS = 3.6
/** Satellites told so many moments ago say nothing about this one. */
const SKY_LASTS = 10
const DEAD_RECKONING = 5
const SIMULATED = 8

/**
 * Pure but for its own memory. gpsd tells a moment more than once as its sentences come in: the last report of one time
 * counts. A position without a time is the beginning of a moment, or is of no use.
 */
export function createGpsdDecoder(): LineDecoder {
  let open: Tpv | undefined
  let sky: (Sky & { readonly age: number }) | undefined

  const complete = (): NmeaFix | undefined => {
    const done = open
    open = undefined
    if (done === undefined) return undefined
    const fix = fixOf(done, sky)
    sky = sky === undefined || sky.age >= SKY_LASTS ? undefined : { ...sky, age: sky.age + 1 }
    return fix
  }

  return {
    take: (line) => {
      const report = parseReport(line)
      if (report.class === 'SKY') {
        // A report of some satellites only does not take back what was counted before.
        if (report.uSat !== undefined || report.hdop !== undefined) sky = { ...sky, ...report, age: 0 }
        return undefined
      }
      if (report.class !== 'TPV') return undefined
      if (open === undefined || isSameMoment(open, report)) {
        open = { ...open, ...report }
        return undefined
      }
      const done = complete()
      open = report
      return done
    },
    finish: complete,
    get isOpen() {
      return open !== undefined
    },
  }
}

/** An open moment without a time is continued by the report that brings one; one with a time, only by the same time. */
function isSameMoment(open: Tpv, next: Tpv): boolean {
  if (open.time === undefined) return hasFix(open) === hasFix(next)
  return next.time === open.time && hasFix(open) === hasFix(next)
}

const hasFix = (tpv: Tpv): boolean => tpv.mode >= 2

/** Pure. A moment as gpsd tells it. Dead reckoning and simulators are no fix, as with NMEA 0183. */
export function fixOf(tpv: Tpv, sky: Sky | undefined): NmeaFix {
  const time = tpv.time === undefined ? undefined : Date.parse(tpv.time)
  const known = {
    ...(time === undefined ? {} : { time }),
    ...(sky?.uSat === undefined ? {} : { satellites: sky.uSat }),
  }
  const isMeasured = tpv.status !== DEAD_RECKONING && tpv.status !== SIMULATED
  if (!hasFix(tpv) || !isMeasured || tpv.lat === undefined || tpv.lon === undefined) return { fix: 'none', ...known }
  const facts = {
    speedKmh: tpv.speed === undefined ? undefined : tpv.speed * KMH_PER_MPS,
    courseDeg: tpv.track,
    altitudeM: tpv.altMSL ?? tpv.alt,
    hdop: sky?.hdop,
    accuracyM: accuracyOf(tpv),
  }
  return {
    fix: tpv.mode === 3 ? '3d' : '2d',
    ...known,
    lat: tpv.lat,
    lon: tpv.lon,
    ...Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)),
  }
}

const accuracyOf = ({ eph, epx, epy }: Tpv): number | undefined =>
  eph ?? (epx === undefined || epy === undefined ? undefined : Math.hypot(epx, epy))
