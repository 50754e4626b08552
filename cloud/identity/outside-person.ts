import { ROLES, type Role } from '../http/access.ts'

/** What an outside sign-in service says of somebody, as far as it concerns us. */
export type OutsidePerson = {
  readonly issuer: string
  readonly subject: string
  readonly name: string
  /** Only when the service has verified it. */
  readonly email: string | undefined
  /** Values of the claim that tells what somebody is there. */
  readonly groups: readonly string[]
}

export type Terms = {
  readonly domains: readonly string[]
  /** Value → our role. */
  readonly roles: Readonly<Record<string, string>>
}

/** Pure. Reads the claims of an identity token; `roleClaim` may hold one word or a list. */
export function personFrom(claims: Readonly<Record<string, unknown>>, roleClaim: string): OutsidePerson | undefined {
  const { iss, sub, name, email, email_verified: verified } = claims
  if (typeof iss !== 'string' || typeof sub !== 'string') return undefined
  const groups = [claims[roleClaim]].flat().filter((group) => typeof group === 'string')
  const proven = typeof email === 'string' && verified === true ? email.toLowerCase() : undefined
  return { issuer: iss, subject: sub, name: typeof name === 'string' ? name : (proven ?? sub), email: proven, groups }
}

/**
 * Pure. The role of somebody who was never linked: only with a verified address of an allowed domain, and only what the
 * installation maps; nobody becomes an owner from outside. Undefined: not let in.
 */
export function roleOf({ email, groups }: OutsidePerson, { domains, roles }: Terms): Role | undefined {
  const domain = email?.slice(email.lastIndexOf('@') + 1)
  if (domain === undefined || !domains.includes(domain)) return undefined
  const mapped = groups.flatMap((group) => (Object.hasOwn(roles, group) ? [roles[group]] : []))
  return ROLES.find((role) => role !== 'owner' && mapped.includes(role))
}

/** Pure. A login made of an address, to be told apart by a number if it is taken. */
export function loginFrom(email: string, number: number): string {
  const letters = email
    .slice(0, email.lastIndexOf('@'))
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]/g, '')
  const word = /^[a-z]/.test(letters) ? letters : `p${letters}`
  return `${word.slice(0, 28).padEnd(2, '0')}${number === 0 ? '' : number}`
}
