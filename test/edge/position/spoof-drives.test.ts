import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { driveOnboard, type OnboardOptions } from '../../support/onboard.ts'
import { readTrace, type TraceRow } from '../../support/trace.ts'

const drives = readTrace('moscow-spoof-synthetic')
const rowsOf = (id: string): readonly TraceRow[] => drives.get(id) ?? []

type Episode = { readonly state: string; readonly from: string; readonly to: string }
const facts: { drives: readonly { id: string; episodes: readonly Episode[] }[] } = JSON.parse(
  readFileSync(new URL('../../data/traces/moscow-spoof-synthetic.json', import.meta.url), 'utf8'),
)
const episodes = facts.drives.flatMap(({ id, episodes: of }) =>
  of.filter(({ state }) => state.startsWith('spoof')).map(({ from, to }) => ({ id, from, to })),
)

/** Two per cent of tyre wear and CAN's tenth of a km/h: a real wheel speed is exact in neither. */
const fittedWheel: OnboardOptions = {
  wheelKmh: ({ truth }) => Math.round((truth?.speedKmh ?? 0) * 1.02 * 10) / 10,
}
const figuresOf = (id: string, options: OnboardOptions = {}) => {
  const { frames, events, rowOf } = driveOnboard(rowsOf(id), options)
  const marks = frames.map((frame) => ({ time: rowOf.get(frame)?.time ?? 0, trust: frame.gnssTrust }))
  return { frames, events, marks }
}
const bare = new Map([...drives.keys()].map((id) => [id, figuresOf(id)]))
const wheeled = new Map([...drives.keys()].map((id) => [id, figuresOf(id, fittedWheel)]))

test('the data is what this test takes it for', () => {
  expect(drives.size).toBe(6)
  expect(episodes).toHaveLength(13)
})

describe.each([
  { name: 'GNSS alone', seen: bare },
  { name: 'with a wheel speed fitted', seen: wheeled },
])('$name', ({ seen }) => {
  test.each(episodes)(
    '$id: the episode from $from is suspect within 10 s and stays so to its end',
    ({ id, from, to }) => {
      const [begin, end] = [Date.parse(from), Date.parse(to)]
      const marks = seen.get(id)?.marks ?? []
      const first = marks.find(({ time, trust }) => time >= begin && time <= end && trust !== 'ok')
      expect(first && (first.time - begin) / 1000).toBeLessThanOrEqual(10)
      const after = marks.filter(({ time }) => first !== undefined && time >= first.time && time <= end)
      expect(after.length).toBeGreaterThan(0)
      expect(after.filter(({ trust }) => trust === 'ok')).toEqual([])
    },
  )

  test.each(['SYNTHETIC-1', 'SYNTHETIC-2'])('%s, clean or with tunnels, is never marked', (id) => {
    const marks = seen.get(id)?.marks ?? []
    expect(marks.length).toBeGreaterThan(1000)
    expect(marks.filter(({ trust }) => trust !== 'ok')).toEqual([])
  })

  test.each(episodes)(
    '$id: ten true fixes after $to the receiver is believed again, unless it goes on',
    ({ id, to }) => {
      const end = Date.parse(to)
      const next = rowsOf(id).filter(({ time, lat }) => time > end && lat !== undefined)
      const calm = next.findIndex(({ truth }) => truth?.spoofed === true)
      // The receiver of drive 4 settles after its void; its weak fixes count for nothing.
      const good = next.slice(0, calm < 0 ? undefined : calm).filter(({ satellites = 0 }) => satellites > 4)
      const recovered = good[10]
      if (recovered === undefined) return expect(calm).toBeGreaterThanOrEqual(0)
      const marks = seen.get(id)?.marks ?? []
      expect(marks.find(({ time }) => time >= recovered.time)?.trust).toBe('ok')
      expect((good[0]?.time ?? 0) - end).toBeLessThan(25_000)
    },
  )
})

test('no true fix before the first deception of a drive is doubted', () => {
  for (const [id, { marks }] of bare) {
    const first = episodes.find((episode) => episode.id === id)
    const before = marks.filter(({ time }) => first === undefined || time < Date.parse(first.from))
    expect(before.filter(({ trust }) => trust !== 'ok')).toEqual([])
  }
})

test('a frame in an episode still tells the place, as doubted, with the reason in an event of its own', () => {
  const { frames, events } = bare.get('SYNTHETIC-3') ?? { frames: [], events: [] }
  expect(frames.filter(({ gnssTrust, lat }) => gnssTrust === 'suspect' && lat !== undefined).length).toBeGreaterThan(
    500,
  )
  expect(events.map(({ name }) => name)).toEqual(['gnss-spoof', 'gnss-trusted'])
  expect(events[0]?.data).toMatchObject({ reasons: ['jump', 'place'], place: 'vnukovo', jumpM: 26_714 })
})

test('after a void and at the apron, the void is among the reasons', () => {
  const told = bare.get('SYNTHETIC-4')?.events.find(({ name }) => name === 'gnss-spoof')
  expect(told?.data['reasons']).toEqual(['jump', 'void', 'place'])
})

describe('the slow pull-away', () => {
  const begin = Date.parse('2026-03-07T11:10:00Z')
  const convictedAfter = (rows: readonly TraceRow[], options: OnboardOptions): number | undefined => {
    const { frames, rowOf } = driveOnboard(rows, options)
    const first = frames.find((frame) => frame.gnssTrust !== 'ok')
    const time = first && rowOf.get(first)?.time
    return time === undefined ? undefined : (time - begin) / 1000
  }
  const withoutFigures = rowsOf('SYNTHETIC-6').map(({ satellites: _hidden, ...row }) => row)

  test('the receiver alone convicts it by its first hop and its frozen count of satellites', () => {
    expect(convictedAfter(rowsOf('SYNTHETIC-6'), {})).toBe(7)
  })
  test('without a count of satellites nothing but the leap back convicts it: a known limit', () => {
    expect(convictedAfter(withoutFigures, {})).toBe(701)
  })
  test('wheels alone convict it within half a minute, but not within ten seconds: it is then lost in their noise', () => {
    const after = convictedAfter(withoutFigures, fittedWheel) ?? Number.NaN
    expect(after).toBeGreaterThan(10)
    expect(after).toBeLessThan(30)
  })
})
