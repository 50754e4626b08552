import type { EpochMs } from '#contract/instant.ts'

/** What a source says of one driver, under the name it knows him by. */
export type SourceBalance = {
  readonly externalId: string
  readonly kopecks: number
  /** The source's own word for what he is doing (`free`, `in_order`, `busy`, `offline`), where it has one. */
  readonly status?: string
}

export type BalancePage = {
  readonly items: readonly SourceBalance[]
  /** Records that could not be read, each named by what is wrong with it; their neighbours are kept. */
  readonly refused: readonly string[]
  /** When the source answered. */
  readonly asOf: EpochMs
  /** Undefined on the last page. */
  readonly next: string | undefined
}

/**
 * Somebody who knows drivers' balances, asked page by page, never driver by driver. Rejects with a SourceTrouble when it
 * cannot answer now; what was answered before stays true as of its time.
 */
export type BalanceSource = {
  /** Names the source for ever, such as `ledger` or `yandex-fleet:<park>`: drivers refer to it. */
  readonly id: string
  page(cursor: string | undefined, stop: AbortSignal): Promise<BalancePage>
}

export type TroubleKind = 'too-many-requests' | 'unavailable' | 'not-allowed' | 'unreadable' | 'incomplete'

/** Why a source gave no answer, and when to come back if it said so. Carries no secret. */
export class SourceTrouble extends Error {
  readonly kind: TroubleKind
  readonly retryAfterMs: number | undefined

  constructor(kind: TroubleKind, detail: string, retryAfterMs?: number, cause?: unknown) {
    super(`${kind}: ${detail}`, cause === undefined ? {} : { cause })
    this.name = 'SourceTrouble'
    this.kind = kind
    this.retryAfterMs = retryAfterMs
  }
}
