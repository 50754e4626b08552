import type { PaperKind } from './upkeep.ts'
import type { InstantText } from './vehicle.ts'

/** An outside source of papers or fines, and how it does. */
export type Source = {
  readonly id: string
  readonly of: 'papers' | 'fines'
  readonly title: string
  readonly everyHours: number
  readonly triedAt: InstantText | null
  /** When it last gave an answer. */
  readonly okAt: InstantText | null
  readonly problem: string | null
  readonly asked: number
  readonly unknown: number
  readonly unreadable: number
}
/** What a source said of a paper when it last answered, and how its last turn ended. */
export type PaperCheck = {
  readonly kind: PaperKind
  readonly source: string
  readonly title: string
  readonly triedAt: InstantText
  readonly outcome: 'found' | 'none' | 'unknown'
  readonly why: string
  readonly answeredAt: InstantText | null
  readonly validUntil: string | null
  readonly number: string
}
