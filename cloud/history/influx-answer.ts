import { z } from 'zod'
import { EpochMs } from '#contract/instant.ts'
import { WORD_CODES, wordOf } from './frame-words.ts'
import type { PastFrame } from './history.ts'

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

const Value = z.union([z.number(), z.boolean(), z.null(), z.string()])
const QueryAnswer = z.object({
  results: z.array(
    z.object({
      error: z.string().optional(),
      series: z.array(z.object({ columns: z.array(z.string()), values: z.array(z.array(Value)) })).optional(),
    }),
  ),
})

/** Pure. The answer of `/query` with `epoch=u`; throws with the server's words when it is a refusal. */
export function readQueryAnswer(answer: unknown): readonly PastFrame[] {
  const { results } = QueryAnswer.parse(answer)
  const refused = results.find(({ error }) => error !== undefined)
  if (refused !== undefined) throw new Error(`InfluxDB refused the query: ${refused.error}`)
  return results.flatMap(({ series = [] }) =>
    series.flatMap(({ columns, values }) =>
      values.map((row) => {
        const cell = (name: string) => row[columns.indexOf(name)]
        const fields = Object.fromEntries(PAST_FIELDS.map((field) => [field, numberOf(cell(field))]))
        return pastFrame(Math.floor(Number(cell('time')) / 1000), fields)
      }),
    ),
  )
}

const ExportLine = z.object({
  metric: z.object({ __name__: z.string() }),
  values: z.array(z.number().nullable()),
  timestamps: z.array(z.number()),
})

/** Pure. The lines of VictoriaMetrics' `/api/v1/export`, one metric each, put together again by their time. */
export function readExport(text: string, measurement: string): readonly PastFrame[] {
  const frames = new Map<number, Partial<Record<Field, number | null>>>()
  for (const line of text.split('\n')) {
    if (line === '') continue
    const { metric, values, timestamps } = ExportLine.parse(JSON.parse(line))
    const field = PAST_FIELDS.find((name) => metric.__name__ === `${measurement}_${name}`)
    if (field === undefined) continue
    timestamps.forEach((at, index) => {
      const frame = frames.get(at) ?? {}
      frame[field] = values[index] ?? null
      frames.set(at, frame)
    })
  }
  return [...frames].sort(([a], [b]) => a - b).map(([at, fields]) => pastFrame(at, fields))
}

const numberOf = (cell: z.infer<typeof Value> | undefined): number | null =>
  cell === undefined || cell === null || typeof cell === 'string' ? null : Number(cell)

const truth = (cell: number | null | undefined): boolean | null =>
  cell === null || cell === undefined ? null : cell !== 0

function pastFrame(at: number, fields: Fields): PastFrame {
  const { lat = null, lon = null, accuracyM = null, speedKmh = null, headingDeg = null, odometerKm = null } = fields
  return {
    readAt: EpochMs.parse(at),
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
