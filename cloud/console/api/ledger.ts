import type { InstantText } from './vehicle.ts'

export const POSTING_KINDS = [
  'charge',
  'top-up',
  'fine',
  'deposit',
  'deposit-return',
  'correction',
  'reversal',
  'promise',
  'promise-end',
  'merge',
  'buyout',
] as const
export type PostingKind = (typeof POSTING_KINDS)[number]
export type Till = 'cash' | 'bank' | 'aggregator'

export type Posting = {
  readonly id: string
  readonly number: number
  readonly kind: PostingKind
  readonly at: InstantText
  readonly postedAt: InstantText
  readonly driverId: string | null
  readonly leaseId: string | null
  readonly vehicleId: string | null
  readonly note: string
  readonly by: string
  readonly reverses: string | null
  readonly entries: readonly { readonly account: string; readonly kopecks: number }[]
}

export type PaymentPromise = {
  readonly id: string
  readonly driverId: string
  readonly kopecks: number
  readonly promisedAt: InstantText
  readonly untilAt: InstantText
  readonly state: 'open' | 'kept' | 'broken' | 'withdrawn'
  readonly settledAt: InstantText | null
  readonly by: string
  readonly note: string
}

export type Statement = {
  readonly title: string
  readonly openingKopecks: number
  readonly closingKopecks: number
  readonly inKopecks: number
  readonly outKopecks: number
  readonly lines: readonly {
    readonly at: InstantText
    readonly kind: PostingKind
    readonly note: string
    readonly kopecks: number
    readonly balanceKopecks: number
    readonly transactionId: string
  }[]
}

export type Account = {
  readonly code: string
  readonly kind: string
  readonly driverId: string | null
  readonly leaseId: string | null
  readonly kopecks: number
}

/** The rounds through one source of balances. */
export type Sweep = {
  readonly source: string
  readonly dueAt: InstantText
  readonly startedAt: InstantText | null
  readonly finishedAt: InstantText | null
  readonly drivers: number
  readonly strangers: number
  readonly refused: number
  readonly failures: number
  readonly trouble: string | null
}
