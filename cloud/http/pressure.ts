import { type Millis, seconds } from '#contract/instant.ts'

/** Pressure that lasts: since when, and when it was last felt. */
export type Pressure = { readonly since: Millis; readonly lastAt: Millis }

const QUIET = seconds(5)
const LASTS = seconds(2)

/** Pure. Pressure is felt again; after a quiet time it is a new one. */
export const felt = (before: Pressure | undefined, now: Millis): Pressure =>
  before === undefined || now - before.lastAt > QUIET ? { since: now, lastAt: now } : { ...before, lastAt: now }

/** Pure. One long step of work, such as opening the database, is no reason to turn people away; an overload lasts. */
export const isOverload = ({ since, lastAt }: Pressure): boolean => lastAt - since >= LASTS
