import type { EntityField } from '../notation/catalogue.ts'
import type { Definitions } from '../notation/definitions.ts'
import type { NamedRead } from '../notation/read.ts'
import type { FieldType } from '../notation/value.ts'

/** What an expression, a field path or a recipient may name at some place of a definition. */
export type Scope = {
  /** Entity of the card that stands here; absent where it is not known before it runs. */
  readonly card: string | undefined
  readonly event: ReadonlyMap<string, FieldType> | undefined
  readonly answer: ReadonlyMap<string, FieldType> | undefined
  readonly reads: readonly NamedRead[]
  /** Names bound by `as:`. */
  readonly bound: ReadonlySet<string>
}

export const NOWHERE: Scope = { card: undefined, event: undefined, answer: undefined, reads: [], bound: new Set() }

const TEXT: FieldType = { of: 'text', list: false }
/** Every card has these besides its own fields. */
export const CARD_FIELDS: ReadonlyMap<string, FieldType> = new Map([
  ['id', TEXT],
  ['no', TEXT],
  ['responsible', { of: 'ref', list: false }],
  ['createdAt', { of: 'time', list: false }],
])

export type FieldFound = {
  readonly entity: string
  readonly field: string
  readonly type: FieldType
  readonly own: EntityField | undefined
}

/** Pure. The type of a field of an entity; the name of another entity is the link to it. */
export function fieldOf(definitions: Definitions, entity: string, field: string): FieldFound | undefined {
  const found = definitions.entities.get(entity)
  if (found === undefined) return undefined
  const own = found.fields.get(field)
  if (own !== undefined) return { entity, field, type: own.type, own }
  const standard = CARD_FIELDS.get(field)
  if (standard !== undefined) return { entity, field, type: standard, own: undefined }
  return definitions.entities.has(field)
    ? { entity, field, type: { of: 'ref', list: false }, own: undefined }
    : undefined
}

/** Pure. `field` of the card, or `entity.field` of what it links. */
export function resolvePath(definitions: Definitions, card: string | undefined, path: string): FieldFound | undefined {
  const [first = '', second, ...more] = path.split('.')
  if (more.length > 0) return undefined
  if (second !== undefined) return fieldOf(definitions, first, second)
  return card === undefined ? undefined : fieldOf(definitions, card, first)
}
