import { z } from 'zod'
import type { FieldRight } from '../access/policy.ts'

/** What a caller may see of fields, as the policy of the house says. */
export type FieldRights = {
  field(resource: string, name: string): FieldRight
  /** A text as this caller may see it: whole, its end, or null. */
  shown(resource: string, name: string, value: string): string | null
}

/** Where in an answer or a body fields of the policy stand. */
export type FieldPlan = {
  readonly field?: FieldName
  readonly properties: ReadonlyMap<string, FieldPlan>
  readonly items?: FieldPlan
}
type FieldName = { readonly resource: string; readonly name: string }

const MARK = 'x-field'

/** Pure. Metadata that says which field of the policy a schema is: `policyField('driver', 'phone')`. */
export const policyField = (resource: string, name: string) => ({ [MARK]: `${resource}.${name}` })

/** Pure. Undefined where a schema has no such field, or is no zod schema. */
export function fieldPlan(schema: unknown): FieldPlan | undefined {
  return schema instanceof z.ZodType ? planOf(jsonSchemaOf(schema)) : undefined
}

/** Pure. Names out of `telling` that stand in a schema and belong to no field of the policy. */
export function unmarkedIn(schema: unknown, telling: ReadonlySet<string>): readonly string[] {
  if (!(schema instanceof z.ZodType)) return []
  const root = jsonSchemaOf(schema)
  const names: string[] = []
  walk(root, root, (name, property) => {
    const marked = planIn(root, property, new Set())
    if (telling.has(name) && marked === undefined) names.push(name)
  })
  return names
}

/** Pure. A copy in which the caller finds what he may see: the end of what is masked, null or nothing of what is hidden. */
export function masked(plan: FieldPlan, rights: FieldRights, value: unknown): unknown {
  if (value === null || value === undefined) return value
  const { field } = plan
  const right = field === undefined ? 'read' : rights.field(field.resource, field.name)
  if (field !== undefined && (right === 'hidden' || right === 'masked')) return veiled(field, rights, value)
  if (Array.isArray(value)) {
    const { items } = plan
    return items === undefined ? value : value.map((item) => masked(items, rights, item))
  }
  if (typeof value !== 'object' || plan.properties.size === 0) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const below = plan.properties.get(name)
      return [name, below === undefined ? inner : masked(below, rights, inner)]
    }),
  )
}

/** Pure. Fields named in a body that the caller may not write. */
export function unwritable(plan: FieldPlan, rights: FieldRights, body: unknown): readonly string[] {
  if (typeof body !== 'object' || body === null) return []
  return [...plan.properties].flatMap(([name, { field }]) => {
    const given =
      Object.hasOwn(body, name) && Object.entries(body).some(([key, value]) => key === name && value !== undefined)
    return given && field !== undefined && rights.field(field.resource, field.name) !== 'write' ? [name] : []
  })
}

/** Pure. Whether all of these fields are whole for the caller, so that nothing needs to be copied. */
export const seesAll = (plan: FieldPlan, rights: FieldRights): boolean => {
  const right = plan.field === undefined ? 'read' : rights.field(plan.field.resource, plan.field.name)
  const below = [...plan.properties.values(), ...(plan.items === undefined ? [] : [plan.items])]
  return right !== 'masked' && right !== 'hidden' && below.every((part) => seesAll(part, rights))
}

/** An end is shown of texts alone: the end of a number or a date would tell most of it. */
function veiled(field: FieldName, rights: FieldRights, value: unknown): unknown {
  if (Array.isArray(value)) return value.flatMap((item) => veiled(field, rights, item) ?? [])
  return typeof value === 'string' && !DAY.test(value) ? rights.shown(field.resource, field.name, value) : null
}

const DAY = /^\d{4}-\d{2}-\d{2}$/

type Schema = Readonly<Record<string, unknown>>

const jsonSchemaOf = (schema: z.ZodType): Schema =>
  z
    .record(z.string(), z.unknown())
    .parse(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', cycles: 'ref', reused: 'inline' }))

const planOf = (root: Schema): FieldPlan | undefined => planIn(root, root, new Set())

function planIn(root: Schema, at: unknown, above: ReadonlySet<unknown>): FieldPlan | undefined {
  const schema = resolved(root, at)
  if (schema === undefined || above.has(schema)) return undefined
  const seen = new Set([...above, schema])
  const parts = alternatives(schema).flatMap((part) => planIn(root, part, seen) ?? [])
  const own = Object.entries(record(schema['properties']) ?? {}).flatMap(([name, inner]): [string, FieldPlan][] => {
    const plan = planIn(root, inner, seen)
    return plan === undefined ? [] : [[name, plan]]
  })
  const items = planIn(root, schema['items'], seen) ?? parts.find((part) => part.items !== undefined)?.items
  const properties = new Map([...parts.flatMap((part) => [...part.properties]), ...own])
  const [resource, name] = String(record(at)?.[MARK] ?? schema[MARK] ?? '').split('.')
  const field =
    resource === undefined || name === undefined ? parts.find((part) => part.field)?.field : { resource, name }
  if (field === undefined && properties.size === 0 && items === undefined) return undefined
  return { properties, ...(field === undefined ? {} : { field }), ...(items === undefined ? {} : { items }) }
}

const alternatives = (schema: Schema): readonly unknown[] =>
  ['anyOf', 'oneOf', 'allOf'].flatMap((word) => (Array.isArray(schema[word]) ? schema[word] : []))

function resolved(root: Schema, at: unknown): Schema | undefined {
  const schema = record(at)
  const ref = schema?.['$ref']
  if (typeof ref !== 'string') return schema
  return ref === '#' ? root : record(record(root['$defs'])?.[ref.replace('#/$defs/', '')])
}

const isRecord = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const record = (value: unknown): Schema | undefined => (isRecord(value) ? value : undefined)

function walk(root: Schema, at: unknown, visit: (name: string, schema: unknown) => void): void {
  if (Array.isArray(at)) for (const item of at) walk(root, item, visit)
  const schema = record(at)
  if (schema === undefined) return
  for (const [name, inner] of Object.entries(record(schema['properties']) ?? {})) visit(name, inner)
  for (const inner of Object.values(schema)) walk(root, inner, visit)
}
