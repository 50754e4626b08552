import type { InstantText } from './vehicle.ts'

/** Somebody who brings drivers. Sums are of all parks together: null for whoever sees some of them. */
export type Agent = {
  readonly id: string
  readonly name: string | null
  readonly phone: string | null
  readonly ref: string | null
  readonly active: boolean
  /** The last day of his work, YYYY-MM-DD. */
  readonly until: string | null
  readonly toPayKopecks: number | null
  readonly paidOutKopecks: number | null
}
export type Statement = {
  readonly agent: Agent
  readonly brought: number
  readonly creditedKopecks: number
  readonly credits: readonly {
    readonly card: string
    readonly day: InstantText | null
    readonly driver: string | null
    readonly kopecks: number
  }[]
}
