import type { Caller } from '../../http/access.ts'
import type { Definitions } from '../notation/definitions.ts'

export type FieldWord = 'write' | 'read' | 'masked' | 'hidden'
/** What one caller may see and change of cards. */
export type Rights = {
  stage(pipeline: string, stage: string): 'write' | 'read' | 'hidden'
  field(entity: string, field: string): FieldWord
  /** A text as this caller may see it: whole, its end, or nothing. */
  shown(entity: string, field: string, value: string | null): string | null
}
export type May = (caller: Caller) => Promise<Rights>

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
