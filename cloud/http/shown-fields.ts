import { z } from 'zod'

/** What a route may show of people and their whereabouts. */
export type Sight = 'location' | 'personal'

/** Names that tell of a person or a place in whatever answer they stand. */
export const TELLING: Readonly<Record<Sight, ReadonlySet<string>>> = {
  personal: new Set([
    'phone',
    'phones',
    'passport',
    'passportNumber',
    'licence',
    'licenceNumber',
    'birthDate',
    'birthday',
  ]),
  location: new Set(['lat', 'lon', 'position', 'positions', 'coordinates']),
}

/** Pure. What the fields of a route's answer tell, by their names; schemas that are no zod schemas tell nothing. */
export function sightsIn(response: unknown): ReadonlySet<Sight> {
  const names = new Set(schemasOf(response).flatMap((schema) => namesIn(jsonSchemaOf(schema))))
  const sights: readonly Sight[] = ['personal', 'location']
  return new Set(sights.filter((sight) => [...TELLING[sight]].some((name) => names.has(name))))
}

const schemasOf = (response: unknown): readonly z.ZodType[] =>
  typeof response !== 'object' || response === null
    ? []
    : Object.values(response).filter((schema) => schema instanceof z.ZodType)

const jsonSchemaOf = (schema: z.ZodType): unknown =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', cycles: 'ref', reused: 'inline' })

function namesIn(schema: unknown): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap(namesIn)
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([key, inner]) =>
    key === 'properties' && typeof inner === 'object' && inner !== null
      ? [...Object.keys(inner), ...Object.values(inner).flatMap(namesIn)]
      : namesIn(inner),
  )
}
