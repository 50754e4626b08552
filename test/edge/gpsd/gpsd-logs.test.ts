import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createGpsdDecoder } from '../../../edge/gpsd/gpsd-decoder.ts'
import { createNmeaDecoder, type LineDecoder } from '../../../edge/nmea/nmea-decoder.ts'
import type { NmeaFix } from '../../../edge/nmea/nmea-epoch.ts'

const folder = new URL('../../data/nmea/', import.meta.url)
const linesOf = (name: string): readonly string[] => readFileSync(new URL(name, folder), 'latin1').split(/\r\n|\n|\r/)
const recordings = readdirSync(folder)
  .filter((name) => name.endsWith('.log.chk'))
  .map((name) => name.replace('.chk', ''))
  .sort()

function play(decoder: LineDecoder, lines: readonly string[]): readonly NmeaFix[] {
  const fixes = lines.flatMap((line) => decoder.take(line) ?? [])
  const last = decoder.finish()
  return last === undefined ? fixes : [...fixes, last]
}

/** What gpsd itself says, read without the code under test: the last dated report of each moment that has a place. */
const Report = z.object({
  class: z.literal('TPV'),
  mode: z.int(),
  status: z.int().optional(),
  time: z.string(),
  lat: z.number(),
  lon: z.number(),
})
function told(lines: readonly string[]): readonly { time: number; lat: number; lon: number }[] {
  const reports = lines.filter((one) => one.startsWith('{')).map((line) => Report.safeParse(JSON.parse(line)))
  const moments = reports.flatMap(({ data }) =>
    data === undefined || data.mode < 2 || data.status === 8 || data.status === 5
      ? []
      : [{ time: Date.parse(data.time), lat: data.lat, lon: data.lon }],
  )
  // One recording (humminbird) is played from an earlier time again: a moment ends where the next one begins.
  return moments.filter(({ time }, at) => moments[at + 1]?.time !== time)
}

const isPlaced = (fix: NmeaFix): fix is NmeaFix & { time: number; lat: number; lon: number } =>
  fix.fix !== 'none' && fix.time !== undefined && fix.lat !== undefined && fix.lon !== undefined

/** A millionth of a degree: a decimetre. */
const isSame = (a: Place, b: Place): boolean =>
  a.time === b.time && Math.abs(a.lat - b.lat) < 1e-6 && Math.abs(a.lon - b.lon) < 1e-6
type Place = { readonly time: number; readonly lat: number; readonly lon: number }

describe.each(recordings)('%s', (name) => {
  const reports = linesOf(`${name}.chk`).filter((line) => line.startsWith('{'))
  const through = play(createGpsdDecoder(), reports).filter(isPlaced)
  const direct = play(createNmeaDecoder(), linesOf(name)).filter(isPlaced)

  test("gpsd's own reports give its positions and times, each moment once", () => {
    expect(through.map(({ time, lat, lon }) => ({ time, lat, lon }))).toEqual(told(reports))
    expect(through.length > 0).toBe(name !== 'GPSmap-76S.log')
  })

  test('wherever gpsd has a moment, the receiver read directly has it too, in the same place', () => {
    expect(through.filter((fix) => !direct.some((other) => isSame(fix, other)))).toEqual([])
  })

  test('and as fast, where the receiver says how fast', () => {
    const differing = through.filter((fix) => {
      // A speed without a course is gpsd's own reckoning from the last two places.
      const a = fix.courseDeg === undefined ? undefined : fix.speedKmh
      const b = direct.find((one) => isSame(fix, one))?.speedKmh
      return a !== undefined && b !== undefined && Math.abs(a - b) > 0.2
    })
    expect(differing).toEqual([])
  })
})
