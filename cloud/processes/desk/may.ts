import type { Caller } from '../../http/access.ts'
import type { Definitions } from '../notation/definitions.ts'

/** `masked` is shown as it is given by whoever masks; here it counts as read without change. */
export type FieldWord = 'write' | 'read' | 'hidden'
/** What a caller may see and change of a card. */
export type May = {
  stage(caller: Caller, pipeline: string, stage: string): FieldWord
  field(caller: Caller, entity: string, field: string): FieldWord
}

/** Account roles → roles of the definitions, where nobody has said otherwise by name. */
const USUAL: Readonly<Record<string, readonly string[]>> = {
  owner: ['owner', 'head'],
  head: ['head', 'service_head'],
  manager: [
    'manager',
    'operator',
    'fleet_manager',
    'collector',
    'sales',
    'buyout',
    'commission',
    'recruiter',
    'visitor',
    'photographer',
    'detailing_admin',
    'logist',
  ],
  support: ['support'],
  security: ['security'],
  papers: ['papers_staff', 'lawyer', 'accident_staff'],
  service: ['service_staff', 'receiver', 'qc', 'parts_clerk', 'engineer'],
  mechanic: ['mechanic'],
  dispatcher: ['dispatcher', 'logist'],
  technician: ['technician'],
}

/** Pure. Roles that an account plays: those given to it, else the usual ones of its own role. */
export function rolesPlayed(caller: Pick<Caller, 'role'>, given: readonly string[]): readonly string[] {
  return given.length > 0
    ? [...new Set([...given, caller.role])]
    : [...new Set([caller.role, ...(USUAL[caller.role] ?? [])])]
}

/** Pure. Fields that the files give to certain roles are hidden from all others. */
export function fieldWord(
  definitions: Definitions,
  roles: readonly string[],
  entity: string,
  field: string,
): FieldWord {
  const named = definitions.entities.get(entity)?.fields.get(field)?.roles ?? []
  return named.length === 0 || named.some(({ name }) => roles.includes(name)) || roles.includes('owner')
    ? 'write'
    : 'hidden'
}
