import type { Facts } from '../../expressions/fact-type.ts'
import type { Machine } from '../engine/machine.ts'
import type { Shown } from './card-view.ts'
import type { LabelStore } from './label-store.ts'
import { cardTitle, type Labels, labelsOf } from './labels.ts'
import { type Sight, seenFields } from './sight.ts'

type Bare = {
  readonly entity: string
  readonly subject: string | null
  readonly responsible: string | null
  readonly fields: Facts
}
export type Records = (entity: string, id: string) => Promise<Facts | undefined>
export type ShownCard = Shown & { readonly title: string | null; readonly labels: Labels; readonly filled: Filled }
/** Whether a field, own or of a linked record, holds anything, whoever asks. */
export type Filled = (path: string) => boolean

/** Pure. The record of this entity that a card points at. */
export function linkOf(card: Bare, entity: string): string | undefined {
  if (entity === card.entity) return card.subject ?? undefined
  const direct = card.fields[entity === 'gateway' ? 'vehicle' : entity]
  if (typeof direct === 'string' && direct !== '') return direct
  const several = card.fields[`${entity}s`]
  return Array.isArray(several) && several.length === 1 && typeof several[0] === 'string' ? several[0] : undefined
}

/** A card with what these paths need of the records it points at, as the caller may see it. */
export async function shownCard(
  stores: { readonly records: Records; readonly labels: LabelStore },
  machine: Machine,
  sight: Sight,
  card: Bare,
  paths: readonly string[],
): Promise<ShownCard> {
  const facts: Record<string, Facts> = { [card.entity]: card.fields }
  const roots = new Set(paths.filter((path) => path.includes('.')).map((path) => path.split('.')[0] ?? ''))
  if (card.subject !== null) roots.add(card.entity)
  for (const root of roots) {
    const id = linkOf(card, root)
    const record = id === undefined ? undefined : await stores.records(root, id)
    if (record !== undefined) facts[root] = { ...facts[root], ...record }
  }
  const linked = Object.fromEntries(
    Object.entries(facts).map(([entity, fields]) => [entity, seenFields(machine, sight, entity, fields)]),
  )
  const own = linked[card.entity] ?? {}
  const labels = await labelsOf(stores.labels, machine, sight, [{ ...card, fields: own }])
  return {
    entity: card.entity,
    fields: own,
    linked,
    labels,
    labelOf: labels.of,
    title: cardTitle({ ...card, fields: own }, labels),
    filled: (path) => {
      const [first = '', second] = path.split('.')
      const value = second === undefined ? facts[card.entity]?.[first] : facts[first]?.[second]
      return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)
    },
  }
}
