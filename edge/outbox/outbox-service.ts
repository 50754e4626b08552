import type { StreamId } from '#contract/ids.ts'
import type { Clock } from '#contract/instant.ts'
import type { Receipt } from '#contract/receipt.ts'
import type { GatewayRecord } from '#contract/record.ts'
import type { Log } from '../log.ts'
import { FIRST_WORD_WAIT, isFirstWord } from './first-word.ts'
import type { OutboxStore } from './outbox-store.ts'
import type { SendWindow } from './send-window.ts'

type Deps = {
  readonly events: OutboxStore
  readonly frames: () => OutboxStore
  readonly window: SendWindow
  readonly wake: () => void
  readonly clock: Clock
  readonly log: Log
}

export type OutboxService = {
  /** Puts a report or event on disk before it returns; `waiting`: the disk refused, and it is tried again. Never throws. */
  keepEvent(record: GatewayRecord): 'stored' | 'waiting'
  /** Forgets what a receipt covers. A receipt for less than was forgotten long ago means that the cloud lost it. */
  take(receipt: Receipt): void
  /** A new connection: from now on receipts speak of what the cloud has today. */
  connected(): void
}

/** What goes into the logs at once, and what receipts do to them. */
export function createOutboxService({ events, frames, window, wake, clock, log }: Deps): OutboxService {
  /** Through which number each stream was forgotten when the connection began. */
  const forgotten = new Map<StreamId, number>()
  const unstopped = new AbortController().signal

  const keepEvent = (record: GatewayRecord): 'stored' | 'waiting' => {
    events.append(record)
    try {
      events.flush()
      if (isFirstWord(record)) void clock.sleep(FIRST_WORD_WAIT, unstopped).then(wake)
      else wake()
      return 'stored'
    } catch (cause) {
      log.error({ err: cause }, 'events.unwritable')
      return 'waiting'
    }
  }

  /** Without a word from us the cloud would wait for ever for numbers that nobody has, and receipt nothing behind them. */
  const nameLost = ({ stream, through }: Receipt): void => {
    const gone = forgotten.get(stream) ?? 0
    if (through >= gone) return
    forgotten.delete(stream)
    log.warn({ stream, through, forgotten: gone }, 'outbox.cloud-lost-records')
    const data = { stream, from: through + 1, to: gone, reason: 'journal-lost' }
    keepEvent({ kind: 'event', name: 'gap', at: clock.now(), data })
    window.reset()
  }

  return {
    keepEvent,
    take: (receipt) => {
      const { stream, through } = receipt
      try {
        nameLost(receipt)
        for (const store of [events, frames()]) store.forgetThrough(stream, through)
      } catch (cause) {
        // Kept though it could go: harmless, and the next receipt covers it too.
        log.error({ err: cause }, 'outbox.unwritable')
      }
      window.covered(stream, through)
      wake()
    },
    connected: () => {
      forgotten.clear()
      for (const store of [events, frames()])
        for (const { stream } of store.streams()) forgotten.set(stream, store.forgottenThrough(stream))
    },
  }
}
