import { setTimeout as pause } from 'node:timers/promises'
import type { Notice, NoticeStore } from './notice-store.ts'
import type { WebhookClient } from './webhook-client.ts'

export type WebhookDeps = {
  readonly store: NoticeStore
  readonly webhook: WebhookClient
  now(): number
  /** Told once for each attempt that failed and each notice that arrived. */
  onResult(notice: Notice, failure: string | undefined): void
  /** Between looks at the store. */
  readonly idleMs?: number
  readonly backoffMs?: { readonly first: number; readonly most: number }
}

/** Delivers what is due until told to stop. A notice is forgotten only after a 2xx; failures wait 1 s, 2 s, … 5 min. */
export async function runWebhookLoop(deps: WebhookDeps, stop: AbortSignal): Promise<void> {
  const { first, most } = deps.backoffMs ?? { first: 1000, most: 300_000 }
  while (!stop.aborted) {
    for (const notice of deps.store.due(deps.now())) {
      if (stop.aborted) return
      try {
        await deps.webhook.post(notice.key, notice.body, stop)
        deps.store.delivered(notice.key, deps.now())
        deps.onResult(notice, undefined)
      } catch (cause) {
        if (stop.aborted) return
        deps.store.postpone(notice.key, deps.now() + Math.min(first * 2 ** notice.tries, most))
        deps.onResult(notice, cause instanceof Error ? cause.message : 'failed')
      }
    }
    await pause(deps.idleMs ?? 250, undefined, { signal: stop }).catch(() => undefined)
  }
}
