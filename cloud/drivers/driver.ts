import { z } from 'zod'

export const DriverId = z.uuid().brand<'DriverId'>()
export type DriverId = z.infer<typeof DriverId>

/** ИП, самозанятый, физлицо. */
export const LegalForm = z.enum(['sole-trader', 'self-employed', 'person'])
export type LegalForm = z.infer<typeof LegalForm>

/** What a person may make of a driver; `merged` is the end of a double and comes by merging only. */
export const DriverState = z.enum(['candidate', 'active', 'paused', 'left'])
export type DriverState = z.infer<typeof DriverState>

export const DriverChannel = z.enum(['max', 'sms', 'call', 'email'])
export type DriverChannel = z.infer<typeof DriverChannel>

export type DriverName = { readonly familyName: string; readonly givenName: string; readonly patronymic: string }

/** Pure. «Иванов Иван Иванович». */
export const fullName = ({ familyName, givenName, patronymic }: DriverName): string =>
  [familyName, givenName, patronymic].filter((part) => part !== '').join(' ')

/** Pure. «Иванов И. И.»: for lists, and wherever the whole name is nobody's business. */
export const shortName = ({ familyName, givenName, patronymic }: DriverName): string =>
  [familyName, ...[givenName, patronymic].filter((part) => part !== '').map((part) => `${part.slice(0, 1)}.`)].join(' ')

/** One change of one field. Values of protected fields are never written down: both are absent then. */
export type DriverChange = { readonly field: string; readonly from?: string; readonly to?: string }
export type DriverChanges = readonly DriverChange[]

type Fields = Readonly<Record<string, string>>

/** Pure. What differs between two sets of fields; a field that only one of them has counts as empty in the other. */
export function changesBetween(before: Fields, after: Fields): DriverChanges {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return fields
    .filter((field) => (before[field] ?? '') !== (after[field] ?? ''))
    .map((field) => ({ field, from: before[field] ?? '', to: after[field] ?? '' }))
}

/** Pure. The same without the values. */
export const namesOnly = (changes: DriverChanges): DriverChanges => changes.map(({ field }) => ({ field }))
