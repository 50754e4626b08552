import { z } from 'zod'
import { GatewayId } from '#contract/ids.ts'
import { epochMs, later } from '#contract/instant.ts'
import { WORD_CODES, wordOf } from './frame-words.ts'
import type { PastFrame } from './history.ts'

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
    series.flatMap(({ tags, columns, values }) => readSeries(tags.gateway, columns, rowsOf(values))),
  )
}

function readSeries(source: GatewayId, columns: readonly string[], rows: readonly unknown[]): readonly PastFrame[] {
  const time = columns.indexOf('time')
  const places = PAST_FIELDS.map((field) => columns.indexOf(field))
  const row: (number | null)[] = PAST_FIELDS.map(() => null)
  return rows.map((answered) => {
    const cells = rowsOf(answered)
    for (const [field, place] of places.entries()) row[field] = numberOf(cells[place])
    return pastFrame(source, Math.floor(Number(cells[time]) / 1000), row)
  })
}

function rowsOf(values: unknown): readonly unknown[] {
  if (!Array.isArray(values)) throw new Error('InfluxDB answered something else than rows')
  return values
}

const ExportLine = z.object({
  metric: z.object({ __name__: z.string(), gateway: GatewayId }),
  values: z.unknown(),
  timestamps: z.unknown(),
})

type Column = { readonly field: number; readonly times: readonly unknown[]; readonly values: readonly unknown[] }

/** Pure. The lines of VictoriaMetrics' `/api/v1/export`, one metric each, put together again by source and time. */
export function readExport(text: string, measurement: string): readonly PastFrame[] {
  const sources = new Map<GatewayId, Column[]>()
  for (const line of text.split('\n')) {
    if (line === '') continue
    const { metric, values, timestamps } = ExportLine.parse(JSON.parse(line))
    const field = PAST_FIELDS.findIndex((name) => metric.__name__ === `${measurement}_${name}`)
    if (field < 0) continue
    const columns = sources.get(metric.gateway) ?? []
    columns.push({ field, times: rowsOf(timestamps), values: rowsOf(values) })
    sources.set(metric.gateway, columns)
  }
  return [...sources].flatMap(([source, columns]) => framesOf(source, columns))
}

/** Nearly all fields are told of the same moments, in order: a place is looked for next to the last one first. */
function framesOf(source: GatewayId, columns: readonly Column[]): readonly PastFrame[] {
  const moments = momentsOf(columns)
  const places = new Map<number, number>()
  const rows = moments.map((): (number | null)[] => PAST_FIELDS.map(() => null))
  for (const { field, times, values } of columns) {
    let next = 0
    for (const [index, time] of times.entries()) {
      const at = Number(time)
      if (moments[next] !== at) {
        if (places.size === 0) for (const [place, moment] of moments.entries()) places.set(moment, place)
        next = places.get(at) ?? 0
      }
      const row = rows[next]
      if (row !== undefined) row[field] = numberOf(values[index])
      next += 1
    }
  }
  return moments.map((at, place) => pastFrame(source, at, rows[place] ?? []))
}

function momentsOf(columns: readonly Column[]): readonly number[] {
  const [first, ...others] = columns
  if (first === undefined) return []
  const same = others.every(
    ({ times }) => times.length === first.times.length && times.every((at, i) => at === first.times[i]),
  )
  const every = same ? first.times.map(Number) : [...new Set(columns.flatMap(({ times }) => times.map(Number)))]
  return every.every((at, index) => index === 0 || (every[index - 1] ?? 0) < at)
    ? every
    : [...new Set(every)].sort((a, b) => a - b)
}

const numberOf = (cell: unknown): number | null =>
  typeof cell === 'number' ? cell : typeof cell === 'boolean' ? Number(cell) : null

const truth = (cell: number | null | undefined): boolean | null =>
  cell === null || cell === undefined ? null : cell !== 0

/** The cells stand in the order of `PAST_FIELDS`. */
function pastFrame(source: GatewayId, at: number, cells: readonly (number | null)[]): PastFrame {
  const [lat = null, lon = null, accuracyM = null, speedKmh = null, headingDeg = null, ...more] = cells
  const [ignition, motion, odometerKm = null, fix = null, trust = null] = more
  return {
    source,
    readAt: later(EPOCH, at),
    position: lat === null || lon === null ? null : { lat, lon, accuracyM },
    speedKmh,
    headingDeg,
    odometerKm,
    ignition: truth(ignition),
    motion: truth(motion),
    fix: wordOf(WORD_CODES.fix, fix, 'none'),
    // What cannot be read is not trusted.
    trust: wordOf(WORD_CODES.trust, trust, 'suspect'),
  }
}
