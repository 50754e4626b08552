import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Frame } from '#contract/frame.ts'
import { epochMs } from '#contract/instant.ts'
import { type HeldFixes, sample } from '../../../edge/devices/adaptive-sampling.ts'
import { recordedDrives } from '../../support/recorded-frames.ts'

/** The kept frames; the drive ends with the ignition, as drives do. */
function kept(frames: readonly Frame[]): readonly Frame[] {
  const last = frames.at(-1)
  const ended = last === undefined ? frames : [...frames, { ...last, ignition: false }]
  const keep: Frame[] = []
  let held: HeldFixes | undefined
  for (const frame of ended) {
    const sampled = sample(held, frame)
    held = sampled.held
    keep.push(...sampled.keep)
  }
  return keep
}

/** Metres from a place to the segment between two others; on a plane at that place. */
function offM(at: Frame, from: Frame, to: Frame): number {
  const scale = Math.cos(((at.lat ?? 0) * Math.PI) / 180)
  const xy = (frame: Frame) => [
    ((frame.lon ?? 0) - (at.lon ?? 0)) * scale * 111_195,
    ((frame.lat ?? 0) - (at.lat ?? 0)) * 111_195,
  ]
  const [ax = 0, ay = 0] = xy(from)
  const [bx = 0, by = 0] = xy(to)
  const length = (bx - ax) ** 2 + (by - ay) ** 2
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, (-ax * (bx - ax) - ay * (by - ay)) / length))
  return Math.hypot(ax + along * (bx - ax), ay + along * (by - ay))
}

/** The largest distance of any fix from the part of the kept track that covers its moment. */
function worstM(frames: readonly Frame[], keep: readonly Frame[]): number {
  let worst = 0
  let leg = 0
  for (const frame of frames) {
    while (leg + 2 < keep.length && (keep[leg + 1]?.readAt ?? 0) < frame.readAt) leg += 1
    const [from, to] = [keep[leg], keep[leg + 1]]
    if (from === undefined || to === undefined) throw new Error('the track does not cover the drive')
    worst = Math.max(worst, offM(frame, from, to))
  }
  return worst
}

const drives = (['car-munich', 'bus-limerick', 'moscow-spoof-synthetic'] as const).flatMap((file) =>
  recordedDrives(file),
)

describe('a recorded drive', () => {
  test.each(drives.map((drive) => [drive.name, drive] as const))(
    '%s: every fix within 10 m of the kept track',
    (_, { frames }) => {
      const keep = kept(frames)
      expect(worstM(frames, keep)).toBeLessThan(10)
      expect(keep[0]).toBe(frames[0])
      expect(keep.map(({ readAt }) => readAt)).toEqual([...keep.map(({ readAt }) => readAt)].sort((a, b) => a - b))
      const pauses = keep.slice(1).map((frame, index) => frame.readAt - (keep[index]?.readAt ?? 0))
      const longest = frames.slice(1).map((frame, index) => frame.readAt - (frames[index]?.readAt ?? 0))
      expect(Math.max(...pauses)).toBeLessThanOrEqual(Math.max(30_000, ...longest) + 30_000)
    },
  )

  test('at 1 Hz is told with less than a third of its fixes', () => {
    const secondly = drives.filter(({ name }) => !name.includes('015'))
    const all = secondly.reduce((sum, { frames }) => sum + frames.length, 0)
    const told = secondly.reduce((sum, { frames }) => sum + kept(frames).length, 0)
    expect(told / all).toBeLessThan(1 / 3)
  })
})

const T0 = 1_795_000_000_000
const walk = fc.array(
  fc.record({
    east: fc.integer({ min: -400, max: 400 }),
    north: fc.integer({ min: -400, max: 400 }),
    ms: fc.integer({ min: 200, max: 20_000 }),
  }),
  { minLength: 2, maxLength: 80 },
)

test('any drive at all: no fix is further than 10 m from the kept track', () => {
  fc.assert(
    fc.property(walk, fc.integer({ min: 1, max: 20 }), (steps, calm) => {
      let [lat, lon, at] = [55.75, 37.62, T0]
      const frames = steps.map(({ east, north, ms }): Frame => {
        lat += north / calm / 111_195
        lon += east / calm / 111_195 / Math.cos((lat * Math.PI) / 180)
        at += ms
        return {
          kind: 'frame',
          readAt: epochMs(at),
          timeQuality: 'gnss',
          fix: '3d',
          lat,
          lon,
          speedKmh: 40,
          headingDeg: 0,
          ignition: true,
          gnssTrust: 'ok',
          relay: 'closed',
        }
      })
      expect(worstM(frames, kept(frames))).toBeLessThan(10)
    }),
    { numRuns: 300 },
  )
})

test('what is no matter of place is kept on both sides: relay, trust, a stop', () => {
  const at = (seconds: number, more: Partial<Frame> = {}): Frame => ({
    kind: 'frame',
    readAt: epochMs(T0 + seconds * 1000),
    timeQuality: 'gnss',
    fix: '3d',
    lat: 55.75 + seconds * 1e-4,
    lon: 37.62,
    speedKmh: 40,
    ignition: true,
    gnssTrust: 'ok',
    relay: 'closed',
    ...more,
  })
  for (const change of [
    { relay: 'open' },
    { gnssTrust: 'suspect' },
    { speedKmh: 0 },
    { timeQuality: 'ntp' },
  ] as const) {
    const frames = [at(0), at(1), at(2), at(3, change), at(4, change)]
    expect(
      kept(frames)
        .map(({ readAt }) => (readAt - T0) / 1000)
        .slice(0, 3),
    ).toEqual([0, 2, 3])
  }
})
