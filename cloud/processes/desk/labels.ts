import type { Facts } from '../../expressions/fact-type.ts'
import type { Machine } from '../engine/machine.ts'
import type { LabelStore } from './label-store.ts'
import { type Reference, referencesOf } from './reference.ts'
import { type Sight, wordOf } from './sight.ts'

/** Which field of a record names it: who may not see that one is not told the name. */
const NAMED_BY: Readonly<Record<string, string>> = { driver: 'name', vehicle: 'plate' }

type Named = {
  readonly entity: string
  readonly subject: string | null
  readonly responsible: string | null
  readonly fields: Facts
}
export type Labels = {
  /** What a value of this field is called; absent when it points nowhere that has a name. */
  of(field: string, value: unknown): string | undefined
  person(assignee: string | null): string | null
  subject(card: Pick<Named, 'entity' | 'subject'>): string | undefined
}

const texts = (value: unknown): readonly string[] =>
  typeof value === 'string' ? [value] : Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []

/** Names for everything that these cards point at, in few questions. */
export async function labelsOf(
  store: Pick<LabelStore, 'people' | 'records'>,
  machine: Machine,
  sight: Sight,
  cards: readonly Named[],
): Promise<Labels> {
  const references = new Map<string, Reference>()
  const wanted = new Map<string, Set<string>>()
  const want = (entity: string, id: string): void => {
    const ids = wanted.get(entity) ?? new Set<string>()
    wanted.set(entity, ids.add(id))
  }
  const people = new Set<string>()
  for (const entity of new Set(cards.map((card) => card.entity)))
    for (const [field, reference] of referencesOf(machine, entity)) references.set(field, reference)
  for (const card of cards) {
    if (card.responsible?.startsWith('person:') === true) people.add(card.responsible.slice('person:'.length))
    if (card.subject !== null) want(card.entity, card.subject)
    for (const [field, reference] of references)
      for (const id of texts(card.fields[field]))
        if (reference.kind === 'person') people.add(id.replace('person:', ''))
        else want(reference.entity, id)
  }
  const names = await store.people([...people])
  const records = new Map<string, ReadonlyMap<string, string>>()
  for (const [entity, ids] of wanted) {
    const right = wordOf(machine, sight, entity, NAMED_BY[entity] ?? 'name')
    if (right !== 'hidden' && right !== 'masked') records.set(entity, await store.records(entity, [...ids]))
  }
  const roleTitle = (role: string): string => machine.definitions.org.roles.get(role)?.title ?? role
  const groupTitle = (group: string): string => machine.definitions.org.groups.get(group)?.title ?? group
  return {
    of: (field, value) => {
      const reference = references.get(field)
      if (reference === undefined) return undefined
      const found = texts(value).map((id) =>
        reference.kind === 'person' ? names.get(id.replace('person:', '')) : records.get(reference.entity)?.get(id),
      )
      const known = found.filter((name) => name !== undefined)
      return known.length === 0 ? undefined : known.join(', ')
    },
    person: (assignee) => {
      if (assignee === null) return null
      const [kind = '', ...rest] = assignee.split(':')
      const id = rest.join(':')
      return kind === 'person' ? (names.get(id) ?? null) : kind === 'role' ? roleTitle(id) : groupTitle(id)
    },
    subject: ({ entity, subject }) => (subject === null ? undefined : records.get(entity)?.get(subject)),
  }
}

/** Pure. What a card is called on a board: who or what it is about. */
export function cardTitle(card: Named, labels: Labels): string | null {
  const subject = labels.subject(card)
  if (subject !== undefined) return subject
  const { fields } = card
  const name = fields['name']
  if (typeof name === 'string' && name !== '') return name
  for (const field of ['driver', 'client', 'machine', 'vehicle', 'agent']) {
    const label = labels.of(field, fields[field])
    if (label !== undefined) return label
  }
  const model = [fields['make'], fields['model']].filter((part) => typeof part === 'string' && part !== '').join(' ')
  if (model !== '') return model
  const phone = fields['phone']
  return typeof phone === 'string' && phone !== '' ? phone : null
}
