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
type Field = (typeof PAST_FIELDS)[number]
type Fields = Readonly<Partial<Record<Field, number | null>>>

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
  const places = PAST_FIELDS.map((field) => ({ field, place: columns.indexOf(field) }))
  return rows.map((row) => {
    const cells = rowsOf(row)
    const fields: Partial<Record<Field, number | null>> = {}
    for (const { field, place } of places) fields[field] = numberOf(cells[place])
    return pastFrame(source, Math.floor(Number(cells[time]) / 1000), fields)
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

/** Pure. The lines of VictoriaMetrics' `/api/v1/export`, one metric each, put together again by source and time. */
export function readExport(text: string, measurement: string): readonly PastFrame[] {
  const sources = new Map<GatewayId, Map<number, Partial<Record<Field, number | null>>>>()
  for (const line of text.split('\n')) {
    if (line === '') continue
    const { metric, ...columns } = ExportLine.parse(JSON.parse(line))
    const field = PAST_FIELDS.find((name) => metric.__name__ === `${measurement}_${name}`)
    if (field === undefined) continue
    const frames = sources.get(metric.gateway) ?? new Map<number, Partial<Record<Field, number | null>>>()
    sources.set(metric.gateway, frames)
    const values = rowsOf(columns.values)
    const timestamps = rowsOf(columns.timestamps)
    for (let index = 0; index < timestamps.length; index += 1) {
      const at = Number(timestamps[index])
      const known = frames.get(at)
      const value = numberOf(values[index])
      if (known !== undefined) known[field] = value
      else frames.set(at, { [field]: value })
    }
  }
  return [...sources].flatMap(([source, frames]) =>
    [...frames].sort(([a], [b]) => a - b).map(([at, fields]) => pastFrame(source, at, fields)),
  )
}

const numberOf = (cell: unknown): number | null =>
  typeof cell === 'number' ? cell : typeof cell === 'boolean' ? Number(cell) : null

const truth = (cell: number | null | undefined): boolean | null =>
  cell === null || cell === undefined ? null : cell !== 0

function pastFrame(source: GatewayId, at: number, fields: Fields): PastFrame {
  const { lat = null, lon = null, accuracyM = null, speedKmh = null, headingDeg = null, odometerKm = null } = fields
  return {
    source,
    readAt: later(EPOCH, at),
    position: lat === null || lon === null ? null : { lat, lon, accuracyM },
    speedKmh,
    headingDeg,
    odometerKm,
    ignition: truth(fields.ignition),
    motion: truth(fields.motion),
    fix: wordOf(WORD_CODES.fix, fields.fix ?? null, 'none'),
    // What cannot be read is not trusted.
    trust: wordOf(WORD_CODES.trust, fields.trust ?? null, 'suspect'),
  }
}
