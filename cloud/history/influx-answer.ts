import { z } from 'zod'
import { GatewayId } from '#contract/ids.ts'
import { epochMs, later } from '#contract/instant.ts'
import { WORD_CODES, wordOf } from './frame-words.ts'
import type { PastFrame } from './history.ts'
import { listOf, type NumberRows, numberOf, numberRowsOf } from './number-rows.ts'

const EPOCH = epochMs(0)

/** The fields a question about the past reads. */
export const PAST_FIELDS = [
  'lat',
  'lon',
  'accuracyM',
  'speedKmh',
  'headingDeg',
  'ignition',
  'motion',
  'odometerKm',
  'fix',
  'trust',
] as const
export type PastField = (typeof PAST_FIELDS)[number]
/** The fields a drawn track shows: every other one would cost the server as much again to read and to write down. */
export const DRAWN_FIELDS: readonly PastField[] = ['lat', 'lon', 'speedKmh', 'headingDeg', 'ignition', 'fix', 'trust']
/** Cells are read one by one where they are used: a schema for each of half a million would cost more than the query. */
const QueryAnswer = z.object({
  results: z.array(
    z.object({
      error: z.string().optional(),
      series: z
        .array(z.object({ tags: z.object({ gateway: GatewayId }), columns: z.array(z.string()), values: z.unknown() }))
        .optional(),
    }),
  ),
})

/** Pure. The answer of `/query` with `epoch=u`, grouped by gateway; throws with the server's words when it refuses. */
export function readQueryAnswer(answer: unknown): readonly PastFrame[] {
  const { results } = QueryAnswer.parse(answer)
  const refused = results.find(({ error }) => error !== undefined)
  if (refused !== undefined) throw new Error(`InfluxDB refused the query: ${refused.error}`)
  return results.flatMap(({ series = [] }) =>
    series.flatMap(({ tags, columns, values }) => readSeries(tags.gateway, columns, numberRowsOf(values))),
  )
}

function readSeries(source: GatewayId, columns: readonly string[], { width, cells }: NumberRows): PastFrame[] {
  const time = columns.indexOf('time')
  const places = PAST_FIELDS.map((field) => columns.indexOf(field))
  const read = new Float64Array(PAST_FIELDS.length).fill(Number.NaN)
  const frames = new Array<PastFrame>(width === 0 ? 0 : cells.length / width)
  for (let row = 0, at = 0; row < frames.length; row += 1, at += width) {
    for (const [field, place] of places.entries()) if (place >= 0) read[field] = cells[at + place] ?? Number.NaN
    frames[row] = pastFrame(source, Math.floor((cells[at + time] ?? 0) / 1000), read)
  }
  return frames
}

const ExportLine = z.object({
  metric: z.object({ __name__: z.string(), gateway: GatewayId }),
  values: z.unknown(),
  timestamps: z.unknown(),
})

type Column = { readonly field: number; readonly times: readonly unknown[]; readonly values: readonly unknown[] }

const TIMES = ',"timestamps":'

/** Pure. The lines of VictoriaMetrics' `/api/v1/export`, one metric each, put together again by source and time. */
export function readExport(text: string, measurement: string): readonly PastFrame[] {
  const sources = new Map<GatewayId, Column[]>()
  const readLine = createLineReader()
  for (const line of text.split('\n')) {
    if (line === '') continue
    const { metric, values, timestamps } = readLine(line)
    const field = PAST_FIELDS.findIndex((name) => metric.__name__ === `${measurement}_${name}`)
    if (field < 0) continue
    const columns = sources.get(metric.gateway) ?? []
    columns.push({ field, times: listOf(timestamps), values: listOf(values) })
    sources.set(metric.gateway, columns)
  }
  return [...sources].flatMap(([source, columns]) => framesOf(source, columns))
}

/** Nearly all metrics tell the same times, and those are most of the text: read once, and the same list for all of them. */
function createLineReader() {
  let told = ''
  let times: unknown = []
  return (line: string) => {
    const at = line.lastIndexOf(TIMES)
    const tail = at < 0 ? '' : line.slice(at + TIMES.length, -1)
    if (at < 0 || tail !== told) {
      const whole = ExportLine.parse(JSON.parse(line))
      told = tail
      times = whole.timestamps
      return whole
    }
    return { ...ExportLine.parse(JSON.parse(`${line.slice(0, at)}${TIMES}[]}`)), timestamps: times }
  }
}

/** Nearly all fields are told of the same moments, in order: a place is looked for next to the last one first. */
function framesOf(source: GatewayId, columns: readonly Column[]): readonly PastFrame[] {
  const moments = momentsOf(columns)
  const places = new Map<number, number>()
  const width = PAST_FIELDS.length
  const cells = new Float64Array(moments.length * width).fill(Number.NaN)
  for (const { field, times, values } of columns) {
    let next = 0
    for (const [index, time] of times.entries()) {
      const at = Number(time)
      if (moments[next] !== at) {
        if (places.size === 0) for (const [place, moment] of moments.entries()) places.set(moment, place)
        next = places.get(at) ?? 0
      }
      cells[next * width + field] = numberOf(values[index])
      next += 1
    }
  }
  return moments.map((at, place) => pastFrame(source, at, cells, place * width))
}

function momentsOf(columns: readonly Column[]): readonly number[] {
  const [first, ...others] = columns
  if (first === undefined) return []
  const same = others.every(
    ({ times }) =>
      times === first.times || (times.length === first.times.length && times.every((at, i) => at === first.times[i])),
  )
  const every = same ? first.times.map(Number) : [...new Set(columns.flatMap(({ times }) => times.map(Number)))]
  return every.every((at, index) => index === 0 || (every[index - 1] ?? 0) < at)
    ? every
    : [...new Set(every)].sort((a, b) => a - b)
}

const known = (cell = Number.NaN): number | null => (Number.isNaN(cell) ? null : cell)
const truth = (cell = Number.NaN): boolean | null => (Number.isNaN(cell) ? null : cell !== 0)

/** The cells stand in the order of `PAST_FIELDS`, from `first` on; NaN = not known. */
function pastFrame(source: GatewayId, at: number, cells: Float64Array, first = 0): PastFrame {
  const lat = known(cells[first])
  const lon = known(cells[first + 1])
  return {
    source,
    readAt: later(EPOCH, at),
    position: lat === null || lon === null ? null : { lat, lon, accuracyM: known(cells[first + 2]) },
    speedKmh: known(cells[first + 3]),
    headingDeg: known(cells[first + 4]),
    odometerKm: known(cells[first + 7]),
    ignition: truth(cells[first + 5]),
    motion: truth(cells[first + 6]),
    fix: wordOf(WORD_CODES.fix, known(cells[first + 8]), 'none'),
    // What cannot be read is not trusted.
    trust: wordOf(WORD_CODES.trust, known(cells[first + 9]), 'suspect'),
  }
}
