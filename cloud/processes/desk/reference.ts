import type { Machine } from '../engine/machine.ts'

/** What a field of type `ref` points at: a record of an entity, or an account that plays a role (any, when none is named). */
export type Reference =
  | { readonly kind: 'record'; readonly entity: string }
  | { readonly kind: 'person'; readonly role: string | null }

/** Fields that are called otherwise than what they point at. */
const NAMED: Readonly<Record<string, string>> = { car: 'vehicle', buyer: 'client' }

/** Pure. By the name of the field, as links of cards are told. */
export function referenceOf(machine: Machine, path: string): Reference {
  const field = path.split('.').at(-1) ?? path
  const { entities, org, tasks } = machine.definitions
  const entity = [field, NAMED[field] ?? '', field.replace(/s$/, '')].find((name) => entities.has(name))
  if (entity !== undefined) return { kind: 'record', entity }
  for (const template of tasks.values()) {
    const picked = template.pick.get(path)
    if (picked !== undefined) return { kind: 'person', role: picked.role.name }
  }
  return { kind: 'person', role: org.roles.has(field) ? field : null }
}

/** Pure. Fields of an entity that point somewhere, with where. */
export const referencesOf = (machine: Machine, entity: string): ReadonlyMap<string, Reference> =>
  new Map(
    [...(machine.definitions.entities.get(entity)?.fields ?? [])]
      .filter(([, { type }]) => type.of === 'ref')
      .map(([field]) => [field, referenceOf(machine, field)]),
  )
