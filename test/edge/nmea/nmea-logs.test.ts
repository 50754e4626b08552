import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { DeviceId } from '#contract/ids.ts'
import { epochMs, millis } from '#contract/instant.ts'
import { readingsOfFix } from '../../../edge/nmea/fix-readings.ts'
import { type EpochState, finishEpoch, type NmeaFix, takeSentence } from '../../../edge/nmea/nmea-epoch.ts'
import { parseSentence } from '../../../edge/nmea/nmea-sentence.ts'
import { loadProfiles } from '../../../edge/profile/profile-store.ts'

const folder = new URL('../../data/nmea/', import.meta.url)
const read = (name: string): string => readFileSync(new URL(name, folder), 'latin1')
const logs = readdirSync(folder)
  .filter((name) => name.endsWith('.log'))
  .sort()

const Index = z.object({
  files: z.array(z.object({ file: z.string(), ckOk: z.int(), rmcStatus: z.record(z.string(), z.int()).optional() })),
})
const index = Index.parse(JSON.parse(read('index.json')))

/** What gpsd makes of a moment. */
const Tpv = z.object({
  class: z.literal('TPV'),
  mode: z.int(),
  time: z.string().optional(),
  lat: z.number().optional(),
  lon: z.number().optional(),
})
type Tpv = z.infer<typeof Tpv>

function play(name: string): readonly NmeaFix[] {
  let state: EpochState = { sentences: [] }
  const fixes: NmeaFix[] = []
  const tell = (fix: NmeaFix | undefined): void => {
    if (fix !== undefined) fixes.push(fix)
  }
  for (const line of read(name).split(/\r\n|\n|\r/)) {
    const parsed = parseSentence(line)
    if (parsed.kind !== 'sentence') continue
    const taken = takeSentence(state, parsed.sentence)
    state = taken.state
    tell(taken.fix)
  }
  tell(finishEpoch(state).fix)
  return fixes
}

const expectedOf = (name: string): readonly Tpv[] =>
  read(`${name}.chk`)
    .split(/\r?\n/)
    .filter((line) => line.startsWith('{"class":"TPV"'))
    .map((line) => Tpv.parse(JSON.parse(line)))

/** Places that differ only in the last digit printed. */
const DEGREES = 2e-6

test('all fourteen logs are here, and the index knows them', () => {
  expect(logs).toHaveLength(14)
  expect(index.files.map(({ file }) => file).sort()).toEqual(logs)
})

/** Moments to which gpsd gives no position: it skips some while it learns a receiver's cycle, and cut ones. */
const SKIPPED_BY_GPSD: Readonly<Record<string, number>> = { 'bt451.log': 2, 'humminbird-M37.log': 2 }
/**
 * Moments that we call 2D and gpsd 3D. It goes by the altitude even where GSA says 2D (ch-4711, mtk-3301, sl869), and
 * by one seen earlier where the moment itself has none (humminbird); we do neither, since 2D is no proof of standstill.
 */
const CAUTIOUS: Readonly<Record<string, number>> = {
  'ch-4711.log': 7,
  'humminbird-M37.log': 22,
  'mtk-3301.log': 3,
  'sl869.log': 2,
}

describe.each(logs.filter((name) => name !== 'signalk-gps.log').map((name) => ({ name })))(
  '$name against gpsd',
  ({ name }) => {
    const placed = play(name).filter((fix) => fix.fix !== 'none' && fix.time !== undefined)
    const expected = expectedOf(name)
    // A few lines of gpsd have no time: those are known by their place.
    const sameMoment = (fix: NmeaFix): readonly Tpv[] =>
      expected.filter(
        (tpv) => tpv.mode >= 2 && (tpv.time === undefined ? isNear(tpv, fix) : Date.parse(tpv.time) === fix.time),
      )

    test('the same moments have the same positions', () => {
      const known = placed.filter((fix) => sameMoment(fix).length > 0)
      expect(known.filter((fix) => !sameMoment(fix).some((tpv) => isNear(tpv, fix)))).toEqual([])
      expect(placed.length - known.length).toBe(SKIPPED_BY_GPSD[name] ?? 0)
    })

    test('the same moments have the same mode, or ours is the more cautious one', () => {
      const modes = placed
        .map((fix) => ({
          ours: fix.fix === '3d' ? 3 : 2,
          theirs: sameMoment(fix)
            .filter((tpv) => isNear(tpv, fix))
            .map(({ mode }) => mode),
        }))
        .filter(({ theirs }) => theirs.length > 0)
      expect(modes.filter(({ ours, theirs }) => ours > Math.max(...theirs))).toEqual([])
      expect(modes.filter(({ ours, theirs }) => !theirs.includes(ours))).toHaveLength(CAUTIOUS[name] ?? 0)
    })

    test('no moment to which gpsd gives a position is missed', () => {
      const ours = new Set(placed.map(({ time }) => time))
      const theirs = expected.flatMap(({ mode, lat, time }) =>
        mode >= 2 && lat !== undefined && time !== undefined ? [Date.parse(time)] : [],
      )
      expect(theirs.filter((time) => !ours.has(time))).toEqual([])
    })
  },
)

const isNear = (tpv: Tpv, fix: NmeaFix): boolean =>
  Math.abs((tpv.lat ?? 99) - (fix.lat ?? -99)) < DEGREES && Math.abs((tpv.lon ?? 999) - (fix.lon ?? -999)) < DEGREES

test('a receiver in simulator mode never has a position', () => {
  const fixes = play('GPSmap-76S.log')
  expect(fixes.length).toBeGreaterThan(10)
  expect(fixes.filter((fix) => fix.fix !== 'none' || fix.lat !== undefined || fix.speedKmh !== undefined)).toEqual([])
})

test('twenty minutes at 1 Hz: every fix once, in order, within the wander of a standing receiver', () => {
  const fixes = play('signalk-gps.log').filter((fix) => fix.fix !== 'none')
  const times = fixes.map(({ time }) => time ?? 0)
  // 1201 with RMC, and a last moment of which only GGA was recorded.
  expect(fixes).toHaveLength(1202)
  expect(times.filter((time, at) => at > 0 && time - (times[at - 1] ?? 0) !== 1000)).toEqual([])
  const far = fixes.filter(
    ({ lat = 0, lon = 0 }) => Math.hypot(lat - (fixes[0]?.lat ?? 0), lon - (fixes[0]?.lon ?? 0)) > 0.002,
  )
  expect(far).toEqual([])
})

test('dates of a week rollover are refused as times', () => {
  const profile = loadProfiles(new URL('../../../device-profiles', import.meta.url).pathname).find(
    ({ id }) => id === 'generic-nmea-0183',
  )
  if (profile === undefined) throw new Error('no profile')
  const notBefore = epochMs(Date.UTC(2019, 0, 1))
  const source = { device: DeviceId.parse('gps'), profile }
  const times = play('gp-320fw-2019-04-07-coldboot.log').flatMap((fix, at) => {
    const look = { now: notBefore, steadyAt: millis(at * 1000), notBefore }
    const reading = readingsOfFix({}, source, fix, look).readings.find(({ name }) => name === 'time')
    return fix.time === undefined
      ? []
      : [{ year: new Date(fix.time).getUTCFullYear(), quality: reading?.quality, value: reading?.value }]
  })
  const old = times.filter(({ year }) => year < 2019)
  expect(old.length).toBeGreaterThan(0)
  expect(old.filter(({ quality, value }) => quality !== 'bad' || value !== undefined)).toEqual([])
  expect(times.some(({ year, quality }) => year === 2019 && quality === 'good')).toBe(true)
})
