import { z } from 'zod'
import type { EpochMs } from '#contract/instant.ts'
import type { Role } from '../http/access.ts'

export const Login = z
  .string()
  .regex(/^[a-z][a-z0-9._-]{1,31}$/, 'a login is 2 to 32 of a-z, 0-9, dot, dash, underscore, and starts with a letter')
export const PersonName = z.string().trim().min(1).max(80)

/** A person who signs in. Without a password hash nobody signs in under this login. */
export type Account = {
  readonly id: string
  readonly login: string
  readonly name: string
  readonly role: Role
  /** Argon2id in PHC string form; see password.ts. */
  readonly passwordHash: string | null
  /** Listed: only the parks of its list, be it none. */
  /** Came in by recovery: no block until then. */
  readonly noBlockUntil: EpochMs | null
  readonly seesParks: 'all' | 'listed'
}
