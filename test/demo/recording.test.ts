import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { epochMs } from '../../contract/instant.ts'
import { checksum, sentencesOf, shiftedSentence } from '../../demo/nmea-text.ts'
import { distanceM } from '../../demo/position.ts'
import { playedAt, receiverFix, recordingFromCsv, recordingFromNmea, reversed } from '../../demo/recording.ts'
import { advanceReplay, type Replay, replayAtStart } from '../../demo/replay.ts'

const file = (name: string): string => readFileSync(new URL(`../../demo/data/${name}`, import.meta.url), 'utf8')
const MUNICH = recordingFromCsv(file('car-munich.csv'), 'x0001-001')
const LIMERICK = recordingFromCsv(file('bus-limerick.csv'), 'bus304')
const MOSCOW = recordingFromNmea(file('bu353-glonass.log'))
const NOW = epochMs(Date.UTC(2026, 10, 21, 23, 59, 58))

const fieldsOf = (line: string | undefined): string[] => (line ?? '').slice(1).split('*')[0]?.split(',') ?? []
const sumHolds = (line: string): boolean =>
  checksum(line.slice(1, line.indexOf('*'))) === line.slice(line.indexOf('*') + 1)
const degrees = (field = '', digits: number): number =>
  Number(field.slice(0, digits)) + Number(field.slice(digits)) / 60

test.each([
  { text: '$GNRMC,081411.000,A,5541.1955,N,03737.2872,E,0.60,301.29,260514,,,A*74' },
  { text: '$GPGGA,081412.000,5541.1956,N,03737.2877,E,1,5,4.87,66.2,M,14.5,M,,*6A' },
  { text: '$GPZDA,081411.000,26,05,2014,,*5D' },
])('a recorded sentence shifted by nothing is the recorded sentence: $text', ({ text }) => {
  expect(shiftedSentence(text, 0)).toBe(text)
})

test.each([
  {
    name: 'RMC over midnight',
    text: '$GNRMC,235959.500,A,,,,,,,311225,,,A*00',
    by: 1500,
    expected: 'GNRMC,000001.000,A,,,,,,,010126,,,A',
  },
  {
    name: 'GGA over midnight',
    text: '$GPGGA,235959.000,,,,,0,0,,,M,,M,,*00',
    by: 2000,
    expected: 'GPGGA,000001.000,,,,,0,0,,,M,,M,,',
  },
  {
    name: 'ZDA over a year',
    text: '$GPZDA,235959.000,31,12,2025,,*00',
    by: 1000,
    expected: 'GPZDA,000000.000,01,01,2026,,',
  },
  {
    name: 'a sentence without time',
    text: '$GPGSA,A,1,,,,,,,,,,,,,,,*00',
    by: 1000,
    expected: 'GPGSA,A,1,,,,,,,,,,,,,,,',
  },
])('shifting $name', ({ text, by, expected }) => {
  expect(shiftedSentence(text, by).slice(1).split('*')[0]).toBe(expected)
})

test.each([
  { lat: 55.7558261, lon: 37.6172999 },
  { lat: -33.9999999999, lon: -0.0000014 },
  { lat: 48.1635066, lon: 179.999999 },
])('a fix at $lat, $lon keeps its coordinates within 1e-7 degree', (position) => {
  const lines = sentencesOf(receiverFix(NOW, position, 50, 90))
  const [, time, status, lat, northSouth, lon, eastWest, , , date] = fieldsOf(lines.at(-1))
  expect({ time, status, date }).toEqual({ time: '235958.000', status: 'A', date: '211126' })
  expect(Math.abs(degrees(lat, 2) * (northSouth === 'S' ? -1 : 1) - position.lat)).toBeLessThan(1e-7)
  expect(Math.abs(degrees(lon, 3) * (eastWest === 'W' ? -1 : 1) - position.lon)).toBeLessThan(1e-7)
  expect(lines.filter((line) => !sumHolds(line))).toEqual([])
})

describe.each([
  { name: 'the Munich car', recording: MUNICH, source: 'car-munich.csv', id: 'x0001-001', count: 1194 },
  { name: 'the Limerick bus', recording: LIMERICK, source: 'bus-limerick.csv', id: 'bus304', count: 2144 },
])('$name', ({ recording, source, id, count }) => {
  const rows = file(source)
    .split('\n')
    .map((line) => line.split(','))
    .filter(([rowId]) => rowId === id)

  test('is played whole: every fix, spacing and coordinates as recorded', () => {
    expect(recording.moments).toHaveLength(count)
    const first = Date.parse(rows[0]?.[1] ?? '')
    const wrong = rows.filter(([, time, lat, lon], index) => {
      const moment = recording.moments[index]
      const sameTime = moment?.offsetMs === Date.parse(time ?? '') - first
      return !sameTime || moment?.position?.lat !== Number(lat) || moment?.position?.lon !== Number(lon)
    })
    expect(wrong).toEqual([])
  })

  test('played backwards passes the same places in the same time', () => {
    const back = reversed(recording)
    expect(back.lengthMs).toBe(recording.lengthMs)
    expect(back.moments.map((moment) => moment.position)).toEqual(
      recording.moments.map((moment) => moment.position).toReversed(),
    )
    const steps = back.moments.slice(1).map((moment, index) => moment.offsetMs - (back.moments[index]?.offsetMs ?? 0))
    expect(Math.min(...steps)).toBeGreaterThan(0)
  })
})

test('the Moscow log is played second by second, all its sentences with a true checksum and one constant shift', () => {
  expect(MOSCOW.moments).toHaveLength(19)
  expect(MOSCOW.moments.filter((moment) => moment.position !== undefined)).toHaveLength(9)
  const lines = MOSCOW.moments.flatMap((moment) => moment.sentencesAt(playedAt(moment, NOW)))
  expect(lines.filter((line) => !sumHolds(line))).toEqual([])
  const recorded = file('bu353-glonass.log')
    .split('\n')
    .filter((line) => line.startsWith('$'))
  expect(lines).toHaveLength(recorded.length)
  const times = lines.filter((line) => line.includes('RMC')).map((line) => `${fieldsOf(line)[9]} ${fieldsOf(line)[1]}`)
  expect(times.slice(0, 3)).toEqual(['211126 235958.000', '211126 235959.000', '221126 000000.000'])
})

/** Runs the replay in quarter seconds and notes what became due, and when. */
function replayed(start: 'permitted' | 'inhibited', seconds: number) {
  const around = { start, pauseMs: 20_000, runs: [MOSCOW, MOSCOW] }
  let replay: Replay = replayAtStart(MOSCOW, epochMs(NOW + 3000))
  const due: { at: number; offsetMs: number; ignition: string }[] = []
  for (let at = NOW; at < NOW + seconds * 1000; at = epochMs(at + 250)) {
    const step = advanceReplay(replay, at, around)
    replay = step.replay
    due.push(...step.due.map((moment) => ({ at, offsetMs: moment.offsetMs, ignition: replay.ignition })))
  }
  return { replay, due }
}

test('a replay turns the key, plays each moment once at its second, and parks', () => {
  const { replay, due } = replayed('permitted', 40)
  expect(due.map((moment) => moment.offsetMs)).toEqual(MOSCOW.moments.map((moment) => moment.offsetMs))
  const startAt = due[0]?.at ?? 0
  expect(startAt - NOW).toBeGreaterThanOrEqual(8000)
  expect(due.filter((moment) => moment.at - moment.offsetMs !== startAt || moment.ignition === 'off')).toEqual([])
  expect(replay).toMatchObject({ ignition: 'off', run: 1, doing: { kind: 'parked' } })
})

test('a blocked replay does not start, and tries again', () => {
  const { replay, due } = replayed('inhibited', 200)
  expect(due).toEqual([])
  expect(replay).toMatchObject({ run: 0, speedKmh: 0 })
})

test('the way back ends where the recording began', () => {
  const last = reversed(MUNICH).moments.at(-1)?.position
  const first = MUNICH.moments[0]?.position
  expect(last !== undefined && first !== undefined && distanceM(last, first)).toBe(0)
})

test('a trace without the wanted id and a log without a dated RMC are refused', () => {
  expect(() => recordingFromCsv('id,time,lat,lon\n', 'nobody')).toThrow('nobody')
  expect(() => recordingFromNmea('$GPGSA,A,1,,,,,,,,,,,,,,,*1E')).toThrow('no RMC')
})
