import type { Facts } from '../../expressions/fact-type.ts'
import type { Machine } from '../engine/machine.ts'
import { type Sight, wordOf } from './sight.ts'

/** `document`: the document it was made of, or the field of a record that it is a scan of, as `driver.passport`. */
type File = { readonly id: string; readonly document: string | null }

/**
 * Pure. Whether this caller may open a file of a card: a scan like the field it shows, a made document when none of the
 * fields it needs is hidden from him, and a file that stands in a field like that field.
 */
export function seesFile(
  machine: Machine,
  sight: Sight,
  card: { readonly entity: string; readonly fields: Facts },
  { id, document }: File,
): boolean {
  const isWhole = (path: string): boolean => ['write', 'read'].includes(wordOf(machine, sight, card.entity, path))
  const isHidden = (path: string): boolean => wordOf(machine, sight, card.entity, path) === 'hidden'
  const need = machine.definitions.documents.get(document ?? '')?.need ?? []
  const holding = Object.entries(card.fields)
    .filter(([, value]) => value === id || (Array.isArray(value) && value.includes(id)))
    .map(([field]) => field)
  return (
    (document?.includes('.') !== true || isWhole(document)) &&
    !need.some(({ name }) => isHidden(name)) &&
    holding.every(isWhole)
  )
}
