import type { Fact, Facts } from '../../expressions/fact-type.ts'
import { type FieldWord, fieldWord, type Rights } from '../desk/may.ts'
import type { Definitions } from '../notation/definitions.ts'

type Sight = { readonly definitions: Definitions; readonly roles: readonly string[]; readonly rights: Rights }
export type SeenField = { readonly field: string; readonly word: Exclude<FieldWord, 'hidden'> }

/** Pure. The fields of a registry that a caller may see, whole or by their end. */
export function fieldsSeen({ definitions, roles, rights }: Sight, entity: string): readonly SeenField[] {
  return [...(definitions.entities.get(entity)?.fields.keys() ?? [])].flatMap((field): SeenField[] => {
    const word = fieldWord(definitions, roles, entity, field) === 'hidden' ? 'hidden' : rights.field(entity, field)
    return word === 'hidden' ? [] : [{ field, word }]
  })
}

/** Pure. A row as this caller may see it: hidden fields are not there, masked ones show their end. */
export function shownRow({ rights }: Sight, entity: string, fields: Facts, seen: readonly SeenField[]): Facts {
  return Object.fromEntries(
    seen.flatMap(({ field, word }): [string, Fact][] => {
      const value = fields[field]
      if (value === undefined) return []
      if (word !== 'masked') return [[field, value]]
      const shown = rights.shown(entity, field, String(value))
      return shown === null ? [] : [[field, shown]]
    }),
  )
}
