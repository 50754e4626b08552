import { z } from 'zod'
import { type Facts, type FactType, factTypeOf, type RecordType, recordOf } from '../expressions/fact-type.ts'

/** As stored and sent: money in kopecks, durations in milliseconds. */
export const PolicyValue = z.union([
  z.int(),
  z.string().max(200),
  z.array(z.union([z.int(), z.string().max(200)])).max(200),
])
export type PolicyValue = z.infer<typeof PolicyValue>

const Words = { ru: z.string().min(1), en: z.string().min(1), note_ru: z.string().default('') }
const PolicyType = z.enum(['money', 'int', 'duration', 'text', 'choice', 'list<text>', 'list<int>'])
const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Pure. `40m`, `4h`, `14d` in milliseconds; undefined when it is no such length. */
export function lengthOf(text: string): number | undefined {
  const found = /^(\d{1,6})([mhd])$/.exec(text)
  const unit = found?.[2]
  return unit === 'm' || unit === 'h' || unit === 'd' ? Number(found?.[1]) * UNITS[unit] : undefined
}

const Bound = z.union([z.int(), z.string()]).optional()
const Line = z.strictObject({
  id: z.string().regex(/^[a-z][A-Za-z0-9]*$/),
  type: PolicyType,
  value: z.union([z.int(), z.string(), z.array(z.union([z.int(), z.string()]))]),
  min: Bound,
  max: Bound,
  choices: z.array(z.string()).optional(),
  unit: z.string().default(''),
  who: z.enum(['head', 'owner']),
  ...Words,
})

/** One number, list or word the owner may set, and within which bounds. */
export type PolicySpec = {
  readonly id: string
  readonly type: z.infer<typeof PolicyType>
  /** What it is until somebody changes it. */
  readonly value: PolicyValue
  readonly min: number | undefined
  readonly max: number | undefined
  readonly choices: readonly string[]
  readonly unit: string
  readonly who: 'head' | 'owner'
  readonly ru: string
  readonly en: string
  readonly noteRu: string
}

/** Values taken over at once. */
export type Preset = {
  readonly id: string
  readonly ru: string
  readonly en: string
  readonly noteRu: string
  readonly values: Readonly<Record<string, PolicyValue>>
}

const inMs = (type: string, value: PolicyValue): PolicyValue =>
  type === 'duration' && typeof value === 'string' ? (lengthOf(value) ?? value) : value

/** Pure. Throws when the shipped list is not right: a wrong default must not start. */
export function parsePolicies(lines: unknown): readonly PolicySpec[] {
  return z
    .array(Line)
    .parse(lines)
    .map(({ min, max, choices, note_ru: noteRu, ...line }) => {
      const bound = (at: typeof min): number | undefined => {
        const value = at === undefined ? undefined : inMs(line.type, at)
        return typeof value === 'number' ? value : undefined
      }
      const spec = {
        ...line,
        value: inMs(line.type, line.value),
        min: bound(min),
        max: bound(max),
        choices: choices ?? [],
        noteRu,
      }
      const why = whyNot(spec, spec.value)
      if (why !== undefined) throw new Error(`policy ${line.id}: ${why}`)
      return spec
    })
}

const PresetLine = z.strictObject({
  id: z.string(),
  ...Words,
  values: z.record(z.string(), z.union([z.int(), z.string(), z.array(z.union([z.int(), z.string()]))])),
})

/** Pure. Throws when a preset names a value that its policy would not take. */
export function parsePresets(lines: unknown, specs: readonly PolicySpec[]): readonly Preset[] {
  return z
    .array(PresetLine)
    .parse(lines)
    .map(({ note_ru: noteRu, values, ...line }) => {
      const taken = Object.entries(values).map(([id, value]): [string, PolicyValue] => {
        const spec = specs.find((one) => one.id === id)
        if (spec === undefined) throw new Error(`preset ${line.id}: no policy ${id}`)
        const given = inMs(spec.type, value)
        const why = whyNot(spec, given)
        if (why !== undefined) throw new Error(`preset ${line.id}: ${id}: ${why}`)
        return [id, given]
      })
      return { ...line, noteRu, values: Object.fromEntries(taken) }
    })
}

/** Pure. Why this value may not be set, in Russian; undefined when it may. */
export function whyNot(
  spec: Pick<PolicySpec, 'type' | 'min' | 'max' | 'choices'>,
  value: PolicyValue,
): string | undefined {
  switch (spec.type) {
    case 'money':
    case 'int':
    case 'duration':
      return typeof value === 'number' ? outOfBounds(spec, value) : 'нужно целое число'
    case 'text':
      return typeof value === 'string' && value.trim() !== '' ? undefined : 'нужен текст'
    case 'choice':
      return typeof value === 'string' && spec.choices.includes(value)
        ? undefined
        : `бывает: ${spec.choices.join(', ')}`
    case 'list<text>':
      return Array.isArray(value) && value.every((item) => typeof item === 'string' && item.trim() !== '')
        ? undefined
        : 'нужен список текстов'
    case 'list<int>':
      return Array.isArray(value) &&
        value.every((item) => typeof item === 'number' && outOfBounds(spec, item) === undefined)
        ? undefined
        : 'нужен список целых чисел в допустимых границах'
    default:
      return spec.type satisfies never
  }
}

function outOfBounds({ min, max }: Pick<PolicySpec, 'min' | 'max'>, value: number): string | undefined {
  if (!Number.isSafeInteger(value)) return 'нужно целое число'
  if (min !== undefined && value < min) return `не меньше ${min}`
  return max !== undefined && value > max ? `не больше ${max}` : undefined
}

/** Pure. What an expression knows as `policy`. */
export const policyScope = (specs: readonly PolicySpec[]): RecordType =>
  recordOf(
    Object.fromEntries(
      specs.map(({ id, type }): [string, FactType] => [
        id,
        factTypeOf(type === 'choice' ? 'text' : type) ?? { kind: 'text' },
      ]),
    ),
  )

/** Pure. The shipped values with those that were changed. */
export const policyFacts = (specs: readonly PolicySpec[], changed: ReadonlyMap<string, PolicyValue>): Facts =>
  Object.fromEntries(specs.map(({ id, value }) => [id, changed.get(id) ?? value]))
