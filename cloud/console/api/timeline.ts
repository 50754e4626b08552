import type { InstantText } from './vehicle.ts'

/** One line of a vehicle's history. Fields beyond these depend on the kind. */
export type TimelineItem = {
  readonly at: InstantText
  readonly kind: string
} & Readonly<Record<string, unknown>>

export type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null }
