import { z } from 'zod'
import { ROLES, type Role } from '../http/access.ts'
import type { Action } from '../http/action.ts'

/** How much of a field is shown: all of it and it may be changed, all of it, its end, or nothing. */
export const FieldRight = z.enum(['write', 'read', 'masked', 'hidden'])
export type FieldRight = z.infer<typeof FieldRight>

const Word = z.string().max(64)
const Actions = z.record(
  z
    .string()
    .regex(/^(\*|[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*):(read|change|\*)$/, 'an action reads vehicles.track:read'),
  z.enum(['allowed', 'denied']),
)
const RolePolicy = z.strictObject({
  actions: Actions.optional(),
  /** Resource → field → right; `*` for every other one. */
  fields: z.record(Word, z.record(Word, FieldRight)).optional(),
  /** Pipeline → stage → right. */
  pipelines: z.record(Word, z.record(Word, z.enum(['read', 'write']))).optional(),
})
export type RolePolicy = z.infer<typeof RolePolicy>

/** What each role may; a role that is not named may nothing beyond what routes say. */
export const Policy = z.partialRecord(z.enum(ROLES), RolePolicy)
export type Policy = z.infer<typeof Policy>

/** Pure. The shipped words with the installation's own laid over them, word by word. */
export function laidOver(shipped: Policy, own: Policy): Policy {
  const roles = ROLES.flatMap((role): [Role, RolePolicy][] => {
    const [below, above] = [shipped[role], own[role]]
    if (below === undefined && above === undefined) return []
    return [
      [
        role,
        {
          actions: { ...below?.actions, ...above?.actions },
          fields: over(below?.fields, above?.fields),
          pipelines: over(below?.pipelines, above?.pipelines),
        },
      ],
    ]
  })
  return Object.fromEntries(roles)
}

function over<Right>(
  below: Readonly<Record<string, Readonly<Record<string, Right>>>> = {},
  above: Readonly<Record<string, Readonly<Record<string, Right>>>> = {},
): Record<string, Record<string, Right>> {
  const keys = new Set([...Object.keys(below), ...Object.keys(above)])
  return Object.fromEntries([...keys].map((key) => [key, { ...below[key], ...above[key] }]))
}

/**
 * Pure. Whether the policy forbids a role what a route would let it do: the longest fitting word decides, and where two
 * fit alike the one that denies.
 */
export function mayAct(policy: Policy, role: Role, action: Action): boolean {
  const [what = '', how = ''] = action.split(':')
  const fitting = Object.entries(policy[role]?.actions ?? {}).flatMap(([word, verdict]) => {
    const [name = '', way = ''] = word.split(':')
    const fits = (name === '*' || what === name || what.startsWith(`${name}.`)) && (way === '*' || way === how)
    return fits ? [{ length: name === '*' ? 0 : name.length, verdict }] : []
  })
  const longest = Math.max(-1, ...fitting.map(({ length }) => length))
  return !fitting.some(({ length, verdict }) => length === longest && verdict === 'denied')
}

/** Pure. What of a field of a resource a role may see; a field or role that nobody spoke of is hidden. */
export function fieldRight(policy: Policy, role: Role, resource: string, field: string): FieldRight {
  const fields = policy[role]?.fields
  return ownOrAny(own(fields, resource), field) ?? ownOrAny(own(fields, '*'), field) ?? 'hidden'
}

/** Pure. Whether a role sees or moves cards of this stage of this pipeline. */
export function stageRight(policy: Policy, role: Role, pipeline: string, stage: string): 'write' | 'read' | 'hidden' {
  const pipelines = policy[role]?.pipelines
  return ownOrAny(own(pipelines, pipeline), stage) ?? ownOrAny(own(pipelines, '*'), stage) ?? 'hidden'
}

/** Names of pipelines and fields come from people: `constructor` is one like any other. */
const own = <Value>(record: Readonly<Record<string, Value>> | undefined, key: string): Value | undefined =>
  record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined

const ownOrAny = <Right>(rights: Readonly<Record<string, Right>> | undefined, key: string): Right | undefined =>
  own(rights, key) ?? own(rights, '*')
