import { parse } from 'yaml'
import { z } from 'zod'
import { cellsOf, type WrongLine } from './vehicle-csv.ts'

const Column = z.string().trim().min(1).max(200)
const As = z.enum(['text', 'phone', 'money', 'number', 'date'])
const Field = z.union([
  Column.transform((column) => ({ column, as: 'text' as const, otherwise: undefined })),
  z
    .strictObject({ column: Column, as: As.default('text'), else: z.string().max(500).optional() })
    .transform(({ column, as, else: otherwise }) => ({ column, as, otherwise })),
])
const Target = z.strictObject({ pipeline: z.string().min(1), stage: z.string().min(1).optional() })
const Mapping = z.strictObject({
  /** The column that says where the lead stood. */
  stage: Column,
  /** The field that tells one lead from another: whoever has a card with it is left alone. */
  key: z.string().min(1),
  stages: z.record(z.string(), z.union([Target, z.literal('skip')])),
  fields: z.record(z.string(), Field),
})
export type Mapping = z.infer<typeof Mapping>
export type MappedLead = {
  readonly line: number
  readonly pipeline: string
  readonly stage: string | undefined
  readonly key: string
  readonly fields: Readonly<Record<string, string | number>>
}
export type MappedLeads = {
  readonly good: readonly MappedLead[]
  readonly wrong: readonly WrongLine[]
  readonly skipped: number
}

/** Pure. A mapping file (YAML or JSON). Throws with every wrong place of it. */
export function readMapping(text: string): Mapping {
  const read = Mapping.safeParse(parse(text))
  if (!read.success)
    throw new Error(read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))
  if (read.data.fields[read.data.key] === undefined) throw new Error(`key: there is no field ${read.data.key}`)
  return read.data
}

type Row = { readonly line: number; readonly values: ReadonlyMap<string, string> }

/** Pure. CSV with a head, or a JSON list of flat objects; a row of JSON counts as a line. */
export function rowsOf(text: string): readonly Row[] {
  if (text.trimStart().startsWith('[')) {
    const list = z
      .array(z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])))
      .parse(JSON.parse(text))
    return list.map((row, index) => ({
      line: index + 1,
      values: new Map(Object.entries(row).map(([name, value]) => [name, value === null ? '' : String(value).trim()])),
    }))
  }
  const [head, ...rows] = cellsOf(text)
  return rows.map(({ line, cells }) => ({
    line,
    values: new Map((head?.cells ?? []).map((name, index) => [name, cells[index] ?? ''])),
  }))
}

/** Pure. Leads as cards to be made; a line that cannot be one says why, and takes no other with it. */
export function mapLeads(rows: readonly Row[], { stage: stageColumn, key, stages, fields }: Mapping): MappedLeads {
  const columns = [stageColumn, ...Object.values(fields).map(({ column }) => column)]
  const missing = [...new Set(columns)].filter(
    (column) => rows[0] !== undefined && !rows.some(({ values }) => values.has(column)),
  )
  if (missing.length > 0) throw new Error(`the file has no column ${missing.join(', ')}`)
  const good: MappedLead[] = []
  const wrong: WrongLine[] = []
  const seen = new Map<string, number>()
  let skipped = 0
  for (const { line, values } of rows) {
    const was = values.get(stageColumn) ?? ''
    const target = stages[was]
    if (target === 'skip') {
      skipped += 1
      continue
    }
    const whys = target === undefined ? [`the mapping says nothing of the stage «${was}»`] : []
    const made: Record<string, string | number> = {}
    for (const [field, { column, as, otherwise }] of Object.entries(fields)) {
      const written = values.get(column) || otherwise
      if (written === undefined || written === '') continue
      const value = valueFrom(written, as)
      if (value === undefined) whys.push(`${column}: «${written}» is no ${as}`)
      else made[field] = value
    }
    const own = made[key] === undefined ? '' : String(made[key])
    if (own === '' && whys.length === 0) whys.push(`${key} is empty`)
    if (own !== '' && seen.has(own)) whys.push(`${own} stands in line ${seen.get(own)} already`)
    if (whys.length > 0 || target === undefined) wrong.push({ line, why: whys.join('; ') })
    else {
      seen.set(own, line)
      good.push({ line, pipeline: target.pipeline, stage: target.stage, key: own, fields: made })
    }
  }
  return { good, wrong, skipped }
}

/** Money in kopecks, a date as its midnight in Moscow, in milliseconds, a phone as E.164; undefined: it is none. */
function valueFrom(written: string, as: z.infer<typeof As>): string | number | undefined {
  switch (as) {
    case 'text':
      return written.slice(0, 500)
    case 'phone': {
      const digits = written.replace(/[^\d+]/g, '')
      if (/^\+\d{8,15}$/.test(digits)) return digits
      if (/^[78]\d{10}$/.test(digits)) return `+7${digits.slice(1)}`
      return /^\d{10}$/.test(digits) ? `+7${digits}` : undefined
    }
    case 'money': {
      const found = /^(\d{1,12})(?:[.,](\d{1,2}))?$/.exec(written.replace(/[\s\u00a0₽]/g, ''))
      return found === null ? undefined : Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0'))
    }
    case 'number': {
      const number = Number(written.replace(',', '.'))
      return Number.isFinite(number) ? number : undefined
    }
    case 'date': {
      const found = /^(\d{2})\.(\d{2})\.(\d{4})$/.exec(written)
      const iso = found === null ? written : `${found[3]}-${found[2]}-${found[1]}`
      return z.iso.date().safeParse(iso).success ? Date.parse(`${iso}T00:00:00+03:00`) : undefined
    }
    default:
      return as satisfies never
  }
}
