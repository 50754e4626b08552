import type { Caller, ParksInSight } from '../http/access.ts'

/** Who acts, and which parks exist for him. */
export type Clerk = { readonly id: string; readonly name: string; readonly parks: ParksInSight }

/** Pure. */
export const clerkOf = ({ id, login, parks }: Caller): Clerk => ({ id, name: login, parks })
