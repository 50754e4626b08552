import { fullYear } from '../profile/date-time.ts'

/** The sentences that say something about a fix. A field the receiver left empty is absent. */
export type NmeaSentence = {
  readonly type: 'RMC' | 'GGA' | 'GNS' | 'GSA' | 'VTG' | 'GLL' | 'ZDA'
  readonly talker: string
  /** UTC time of day in milliseconds. */
  readonly timeOfDayMs?: number
  readonly date?: { readonly day: number; readonly month: number; readonly year: number }
  readonly lat?: number
  readonly lon?: number
  /** Does the sentence itself say that its position may be used? Absent where it says nothing about that. */
  readonly isValid?: boolean
  readonly speedKmh?: number
  readonly courseDeg?: number
  readonly altitudeM?: number
  readonly satellites?: number
  readonly hdop?: number
  readonly fix?: 'none' | '2d' | '3d'
}

export type ParsedSentence =
  | { readonly kind: 'sentence'; readonly sentence: NmeaSentence }
  /** A sound sentence of another type, of no use here. */
  | { readonly kind: 'other' }
  | { readonly kind: 'damaged'; readonly reason: 'checksum' | 'shape' | 'field' }

const KMH_PER_KNOT = 1.852

/** Pure. XOR of all characters between `$` and `*`, as two capital hex digits. */
export function nmeaChecksum(body: string): string {
  let sum = 0
  for (let index = 0; index < body.length; index += 1) sum ^= body.charCodeAt(index) & 0xff
  return sum.toString(16).toUpperCase().padStart(2, '0')
}

class FieldError extends Error {}

const number = (field: string | undefined): number | undefined => {
  if (field === undefined || field === '') return undefined
  if (!/^-?\d{0,10}(\.\d{0,12})?$/.test(field)) throw new FieldError(field)
  return Number(field)
}

const bounded = (field: string | undefined, min: number, max: number): number | undefined => {
  const value = number(field)
  if (value !== undefined && (Number.isNaN(value) || value < min || value > max)) throw new FieldError(field)
  return value
}

/** `ddmm.mmmm` and a hemisphere. A place outside the globe is left out: some receivers pad a void fix with nonsense. */
function degrees(field: string | undefined, side: string | undefined, max: number): number | undefined {
  const value = number(field)
  if (value === undefined || side === undefined || side === '') return undefined
  const sign = side === 'N' || side === 'E' ? 1 : side === 'S' || side === 'W' ? -1 : undefined
  const whole = Math.floor(value / 100)
  const minutes = value - whole * 100
  if (sign === undefined || minutes >= 60 || whole + minutes / 60 > max) return undefined
  return sign * (whole + minutes / 60)
}

function timeOfDay(field: string | undefined): number | undefined {
  if (field === undefined || field === '') return undefined
  const match = /^(\d{2})(\d{2})(\d{2}(?:\.\d*)?)$/.exec(field)
  const [hour, minute, second] = match === null ? [24, 0, 0] : match.slice(1).map(Number)
  if (hour === undefined || minute === undefined || second === undefined || hour > 23 || minute > 59 || second >= 61) {
    throw new FieldError(field)
  }
  return Math.round((hour * 3600 + minute * 60 + second) * 1000)
}

function shortDate(field: string | undefined): NmeaSentence['date'] {
  if (field === undefined || field === '') return undefined
  if (!/^\d{6}$/.test(field)) throw new FieldError(field)
  return { day: Number(field.slice(0, 2)), month: Number(field.slice(2, 4)), year: fullYear(Number(field.slice(4))) }
}

/** Quality 1 to 5 are measured fixes; 0 is none, 6 dead reckoning, 7 typed in by hand, 8 a simulator. */
const isMeasured = (quality: number | undefined): boolean => quality !== undefined && quality >= 1 && quality <= 5

/** Mode letters A, D, F, P, R are measured; E, M, S, N are not. In GNS one letter stands for each system. */
const areMeasured = (modes: string): boolean => /[ADFPR]/.test(modes) && !/[EMS]/.test(modes)

type Fields = readonly (string | undefined)[]
type Facts = Omit<NmeaSentence, 'type' | 'talker'>
type Loose = { readonly [Key in keyof Facts]: Facts[Key] | undefined }

const READERS: Readonly<Record<NmeaSentence['type'], (fields: Fields) => Loose>> = {
  RMC: ([time, status, lat, ns, lon, ew, knots, course, date, , , mode]) => ({
    timeOfDayMs: timeOfDay(time),
    isValid: status === 'A' && (mode === undefined || mode === '' || areMeasured(mode)),
    lat: degrees(lat, ns, 90),
    lon: degrees(lon, ew, 180),
    speedKmh: scaled(bounded(knots, 0, 5000), KMH_PER_KNOT),
    courseDeg: bounded(course, 0, 360),
    date: shortDate(date),
  }),
  GGA: ([time, lat, ns, lon, ew, quality, satellites, hdop, altitude]) => ({
    timeOfDayMs: timeOfDay(time),
    isValid: isMeasured(number(quality)),
    lat: degrees(lat, ns, 90),
    lon: degrees(lon, ew, 180),
    satellites: bounded(satellites, 0, 255),
    hdop: bounded(hdop, 0, 1000),
    altitudeM: number(altitude),
  }),
  GNS: ([time, lat, ns, lon, ew, modes, satellites, hdop, altitude]) => ({
    timeOfDayMs: timeOfDay(time),
    isValid: areMeasured(modes ?? ''),
    lat: degrees(lat, ns, 90),
    lon: degrees(lon, ew, 180),
    satellites: bounded(satellites, 0, 255),
    hdop: bounded(hdop, 0, 1000),
    altitudeM: number(altitude),
  }),
  GLL: ([lat, ns, lon, ew, time, status, mode]) => ({
    timeOfDayMs: timeOfDay(time),
    isValid: status === 'A' && (mode === undefined || mode === '' || areMeasured(mode)),
    lat: degrees(lat, ns, 90),
    lon: degrees(lon, ew, 180),
  }),
  GSA: ([, mode]) => ({ fix: mode === '3' ? '3d' : mode === '2' ? '2d' : 'none' }),
  VTG: ([course, , , , , , kmh]) => ({ courseDeg: bounded(course, 0, 360), speedKmh: bounded(kmh, 0, 10_000) }),
  ZDA: ([time, day, month, year]) => ({ timeOfDayMs: timeOfDay(time), date: longDate(day, month, year) }),
}

const scaled = (value: number | undefined, factor: number): number | undefined =>
  value === undefined ? undefined : value * factor

function longDate(day?: string, month?: string, year?: string): NmeaSentence['date'] {
  const [d, m, y] = [bounded(day, 1, 31), bounded(month, 1, 12), bounded(year, 1980, 9999)]
  return d === undefined || m === undefined || y === undefined ? undefined : { day: d, month: m, year: y }
}

const isKnown = (type: string): type is NmeaSentence['type'] => Object.hasOwn(READERS, type)

/**
 * Pure. One line of NMEA 0183. Of a line in which two sentences ran together the last one counts. A sentence without
 * checksum, or with a wrong one, is damaged: it may be evidence for an interlock, so nothing is believed half.
 */
export function parseSentence(line: string): ParsedSentence {
  const match = /^([^*]{6,250})\*([0-9A-Fa-f]{2})\s*$/.exec(line.slice(line.lastIndexOf('$') + 1))
  const body = match?.[1]
  if (body === undefined || !line.includes('$')) return { kind: 'damaged', reason: 'shape' }
  if (nmeaChecksum(body) !== match?.[2]?.toUpperCase()) return { kind: 'damaged', reason: 'checksum' }
  const [address = '', ...fields] = body.split(',')
  const type = address.slice(2)
  // Makers' own sentences ($P…) have no talker.
  if (address.startsWith('P') || address.length !== 5 || !isKnown(type)) return { kind: 'other' }
  try {
    const facts = Object.entries(READERS[type](fields)).filter(([, value]) => value !== undefined)
    return { kind: 'sentence', sentence: { type, talker: address.slice(0, 2), ...Object.fromEntries(facts) } }
  } catch (cause) {
    if (cause instanceof FieldError) return { kind: 'damaged', reason: 'field' }
    throw cause
  }
}
