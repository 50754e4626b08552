import type { EpochMs } from '#contract/instant.ts'
import type { GpsFix } from './gps-fix.ts'

/** Pure. XOR of all characters between `$` and `*`, two hexadecimal digits. Source: NMEA 0183. */
export function checksum(body: string): string {
  let sum = 0
  for (const character of body) sum ^= character.charCodeAt(0)
  return sum.toString(16).toUpperCase().padStart(2, '0')
}

/** Pure. A sentence from its text without `$` and checksum. */
export const sentence = (body: string): string => `$${body}*${checksum(body)}`

/** Pure. RMC, GGA and GSA of one fix, the RMC last; eight decimals of a minute keep 1e-9 degree. */
export function sentencesOf(fix: GpsFix): readonly string[] {
  const time = timeOfDay(fix.at)
  const place = `${coordinate(fix.position.lat, 2, 'N', 'S')},${coordinate(fix.position.lon, 3, 'E', 'W')}`
  const knots = fix.speedKmh === undefined ? '' : (fix.speedKmh / 1.852).toFixed(3)
  const course = fix.courseDeg === undefined ? '' : fix.courseDeg.toFixed(2)
  const hdop = fix.hdop.toFixed(2)
  return [
    sentence(`GPGGA,${time},${place},1,${two(fix.satellites)},${hdop},${fix.altitudeM.toFixed(1)},M,14.5,M,,`),
    sentence(
      `GPGSA,A,3,03,07,08,11,14,19,22,27,30,,,,${(fix.hdop * 1.6).toFixed(2)},${hdop},${(fix.hdop * 1.2).toFixed(2)}`,
    ),
    sentence(`GPRMC,${time},A,${place},${knots},${course},${day(fix.at)},,,A`),
  ]
}

/** Pure. What a receiver says that has no fix at the moment: its clock goes on. */
export const voidSentences = (at: EpochMs): readonly string[] => [
  sentence(`GPGGA,${timeOfDay(at)},,,,,0,00,,,M,,M,,`),
  sentence(`GPRMC,${timeOfDay(at)},V,,,,,,,${day(at)},,,N`),
]

const two = (value: number): string => String(value).padStart(2, '0')

/** hhmmss.sss, UTC. */
export const timeOfDay = (at: number): string => new Date(at).toISOString().slice(11, 23).replaceAll(':', '')

/** ddmmyy, UTC. */
export function day(at: number): string {
  const [year = '', month = '', date = ''] = new Date(at).toISOString().slice(0, 10).split('-')
  return `${date}${month}${year.slice(2)}`
}

function coordinate(degrees: number, digits: number, positive: string, negative: string): string {
  const size = Math.abs(degrees)
  const whole = Math.floor(size)
  const minutes = ((size - whole) * 60).toFixed(8).padStart(11, '0')
  // 59.999999999 minutes rounds to 60, which no receiver ever says.
  const [shownWhole, shownMinutes] = minutes.startsWith('60') ? [whole + 1, '00.00000000'] : [whole, minutes]
  return `${String(shownWhole).padStart(digits, '0')}${shownMinutes},${degrees < 0 ? negative : positive}`
}

const DAY_MS = 86_400_000

/** Pure. Milliseconds since midnight of an hhmmss(.sss) field. */
export const sinceMidnightMs = (field: string): number =>
  (Number(field.slice(0, 2)) * 3600 + Number(field.slice(2, 4)) * 60 + Number(field.slice(4))) * 1000

/** Pure. The date of a ddmmyy field as epoch milliseconds; two-digit years are of this century. */
export const dateMs = (field: string): number =>
  Date.UTC(2000 + Number(field.slice(4, 6)), Number(field.slice(2, 4)) - 1, Number(field.slice(0, 2)))

/**
 * Pure. The sentence as the receiver would have said it `shiftMs` later: times of day, the date of RMC and ZDA and
 * the checksum are rewritten, everything else stays byte for byte. Other sentences come back unchanged.
 */
export function shiftedSentence(text: string, shiftMs: number): string {
  const fields = text.slice(1).split('*')[0]?.split(',') ?? []
  const kind = fields[0]?.slice(2)
  const time = fields[1] ?? ''
  if (time === '' || (kind !== 'RMC' && kind !== 'GGA' && kind !== 'ZDA')) return text
  if (kind === 'GGA') {
    fields[1] = timeOfDay((((sinceMidnightMs(time) + shiftMs) % DAY_MS) + DAY_MS) % DAY_MS)
    return sentence(fields.join(','))
  }
  const date = kind === 'RMC' ? (fields[9] ?? '') : `${fields[2]}${fields[3]}${fields[4]?.slice(2)}`
  if (date === '') return text
  const at = dateMs(date) + sinceMidnightMs(time) + shiftMs
  fields[1] = timeOfDay(at)
  if (kind === 'RMC') fields[9] = day(at)
  else fields.splice(2, 3, ...new Date(at).toISOString().slice(0, 10).split('-').toReversed())
  return sentence(fields.join(','))
}
