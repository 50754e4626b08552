import type { Facts } from '../expressions/fact-type.ts'
import type { Subject, SubjectSource } from '../rules/ports.ts'
import { referencesOf } from './desk/reference.ts'
import type { Machine } from './engine/machine.ts'
import type { FactStore } from './fact-store.ts'

type Deps = {
  readonly active: () => Promise<Machine | undefined>
  readonly facts: Pick<FactStore, 'rows' | 'record'>
}
const AT_ONCE = 500
/** The house knows these by tables of its own. */
const OF_HOUSE: ReadonlySet<string> = new Set(['vehicle', 'driver', 'gateway', 'deal'])

/** Rules may be about the rows of a registry (`for: {entity: auto}`), each with the records that it points at by their names. */
export function createRegistrySubjects({ active, facts }: Deps): SubjectSource {
  const around = async (machine: Machine, entity: string, row: Facts): Promise<Record<string, Facts>> => {
    const found: Record<string, Facts> = {}
    for (const [field, to] of referencesOf(machine, entity)) {
      const id = row[field]
      if (to.kind !== 'record' || to.entity !== field || typeof id !== 'string' || id === '') continue
      const record = await facts.record(field, id)
      if (record !== undefined) found[field] = { ...record, id }
    }
    return found
  }
  const subjectOf = async (
    machine: Machine,
    entity: string,
    own: Facts & { readonly id: string },
  ): Promise<Subject> => {
    // With what other slices know of it: what a gateway tells is newer than what was written down.
    const row = { ...own, ...(await facts.record(entity, own.id)), id: own.id }
    return {
      id: `${entity}:${own.id}`,
      eachKey: '',
      vehicleId: undefined,
      driverId: undefined,
      facts: { ...(await around(machine, entity, row)), [entity]: row },
      asOf: {},
    }
  }
  return async (scope, only) => {
    const entity = scope?.entity?.name
    if (entity === undefined || scope?.pipeline !== undefined || OF_HOUSE.has(entity)) return undefined
    const machine = await active()
    if (machine?.definitions.entities.has(entity) !== true) return undefined
    if (only !== undefined && only.subject?.startsWith(`${entity}:`) !== true) return []
    const found: Subject[] = []
    for (let after: string | undefined = ''; after !== undefined; ) {
      const rows: readonly (Facts & { readonly id: string })[] = await facts.rows(entity, { limit: AT_ONCE, after })
      for (const row of rows)
        if (only?.subject === undefined || only.subject === `${entity}:${row.id}`)
          found.push(await subjectOf(machine, entity, row))
      after = rows.length < AT_ONCE ? undefined : rows.at(-1)?.id
    }
    return found
  }
}
