import type { Fact, Facts } from '../expressions/fact-type.ts'

export type CardLink = { readonly entity: string; readonly record: string }
type Pointing = { readonly fields: Facts; readonly entity: string; readonly subject?: string | undefined }

/** Pure. Records that a card points at by a field of that name, or by a list of that name in the plural. */
export function linksOf({ fields, entity, subject }: Pointing): readonly CardLink[] {
  const found = new Map<string, CardLink>()
  const put = (name: string, record: Fact) => {
    if (typeof record === 'string' && record !== '') found.set(`${name} ${record}`, { entity: name, record })
  }
  for (const name of LINKED) {
    put(name, fields[name])
    const many = fields[`${name}s`]
    if (Array.isArray(many)) for (const record of many) put(name, record)
  }
  if (subject !== undefined) put(entity, subject)
  return [...found.values()]
}
const LINKED = ['vehicle', 'driver', 'client', 'machine', 'agent', 'lease', 'car', 'mechanic', 'auto']
