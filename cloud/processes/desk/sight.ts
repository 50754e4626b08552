import type { Fact, Facts } from '../../expressions/fact-type.ts'
import type { Caller } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import type { Actor } from '../engine/card.ts'
import type { Machine } from '../engine/machine.ts'
import type { ProcessService } from '../process-service.ts'
import { type FieldWord, fieldWord, type May, type Rights, rolesPlayed } from './may.ts'

export type Sight = { readonly roles: readonly string[]; readonly rights: Rights }
/** `card`: the right to work on the card; `look`: only to see it. */
export type Work = 'card' | 'look'
export type Sights = ReturnType<typeof createSights>

/** Who asks, and on which definitions. Faults of `active`: definition/none. */
export function createSights(deps: {
  readonly processes: Pick<ProcessService, 'active'>
  readonly may: May
  readonly rolesOf: (account: string) => Promise<readonly string[]>
}) {
  const rolesOf = async (caller: Caller): Promise<readonly string[]> =>
    rolesPlayed(caller, await deps.rolesOf(caller.id))
  const active = async (): Promise<Machine> => {
    const machine = await deps.processes.active()
    if (machine === undefined) throw new Fault('definition/none')
    return machine
  }
  return {
    active,
    rolesOf,
    actorOf: async (caller: Caller): Promise<Actor> => ({
      kind: 'person',
      id: caller.id,
      name: caller.name,
      roles: await rolesOf(caller),
    }),
    sightOf: async (caller: Caller): Promise<Sight> => ({
      roles: await rolesOf(caller),
      rights: await deps.may(caller),
    }),
    /** `person:`, `role:` and `group:` whose tasks are this caller's. */
    assigneesOf: async (caller: Caller): Promise<readonly string[]> => {
      const machine = await active()
      const roles = await rolesOf(caller)
      const groups = [...machine.definitions.org.groups.values()].filter(({ of }) =>
        of.some(({ name }) => roles.includes(name)),
      )
      return [`person:${caller.id}`, ...roles.map((role) => `role:${role}`), ...groups.map(({ id }) => `group:${id}`)]
    },
  }
}

/** Pure. What the caller may do with a field, given as `field` of this entity or as `entity.field`. */
export function wordOf(machine: Machine, { roles, rights }: Sight, entity: string, path: string): FieldWord {
  const [first = '', second] = path.split('.')
  const [of, field] = second === undefined ? [entity, first] : [first, second]
  return fieldWord(machine.definitions, roles, of, field) === 'hidden' ? 'hidden' : rights.field(of, field)
}

/** Pure. The fields as this caller may see them: hidden ones are not there, masked ones show their end. */
export function seenFields(machine: Machine, sight: Sight, entity: string, fields: Facts): Facts {
  return fieldSight(machine, sight)(entity, fields)
}

/** Pure. The same for many cards: what the caller may do with a field is asked once. */
export function fieldSight(machine: Machine, sight: Sight): (entity: string, fields: Facts) => Facts {
  const words = new Map<string, Map<string, FieldWord>>()
  const wordFor = (known: Map<string, FieldWord>, entity: string, field: string): FieldWord => {
    const found = known.get(field) ?? wordOf(machine, sight, entity, field)
    known.set(field, found)
    return found
  }
  return (entity, fields) => {
    const known = words.get(entity) ?? new Map<string, FieldWord>()
    words.set(entity, known)
    const seen: [string, Fact][] = []
    for (const field of Object.keys(fields)) {
      const value = fields[field]
      const right = wordFor(known, entity, field)
      if (right === 'masked') {
        const shown = sight.rights.shown(entity, field, value === undefined || value === null ? null : String(value))
        if (shown !== null) seen.push([field, shown])
      } else if (right !== 'hidden') seen.push([field, value])
    }
    return Object.fromEntries(seen)
  }
}

/** Pure. How a field of a task stands open to this caller. */
export const viewWord = (machine: Machine, sight: Sight, entity: string) => (path: string) => {
  const right = wordOf(machine, sight, entity, path)
  return isWritable(right, entity, path, 'card') ? ('write' as const) : right === 'masked' ? ('read' as const) : right
}

/** Pure. The right to work on a card is one to fill its own fields, but those that are masked or hidden; others go by their own right. */
export function isWritable(right: FieldWord, entity: string, path: string, work: Work): boolean {
  const isOwn = !path.includes('.') || path.startsWith(`${entity}.`)
  return right === 'write' || (right === 'read' && isOwn && work === 'card')
}

/** Pure. Refuses fields that this caller may not write. Faults: card/field-closed, request/invalid. */
export function checkWrites(machine: Machine, sight: Sight, entity: string, set: Facts, work: Work): void {
  const closed = Object.keys(set).filter(
    (path) => !isWritable(wordOf(machine, sight, entity, path), entity, path, work),
  )
  if (closed.length > 0) throw new Fault('card/field-closed', `Эти поля вам не открыты: ${closed.join(', ')}`)
  const unknown = Object.keys(set).filter((path) => {
    const [first = '', second] = path.split('.')
    const fields = machine.definitions.entities.get(second === undefined ? entity : first)?.fields
    return fields?.has(second ?? first) !== true && !machine.definitions.entities.has(path)
  })
  if (unknown.length > 0) throw new Fault('request/invalid', `Таких полей нет: ${unknown.join(', ')}`)
  const uncoded = Object.entries(set).filter(([path, value]) => {
    const [first = '', second] = path.split('.')
    const codes = machine.definitions.entities
      .get(second === undefined ? entity : first)
      ?.fields.get(second ?? first)?.codes
    return codes !== undefined && codes.size > 0 && typeof value === 'string' && value !== '' && !codes.has(value)
  })
  if (uncoded.length > 0)
    throw new Fault('request/invalid', `Такого кода нет: ${uncoded.map(([, value]) => String(value)).join(', ')}`)
}
