import type { InstantText } from './vehicle.ts'

/** One line of a vehicle's history; what `data` holds depends on the kind. */
export type TimelineItem = {
  readonly at: InstantText
  /** Unique within the vehicle. */
  readonly key: string
  readonly kind: string
  readonly title: string
  readonly data: Readonly<Record<string, unknown>>
}

export type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null }
