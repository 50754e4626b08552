import type { Kysely } from 'kysely'
import { type EpochMs, epochMs, later } from '#contract/instant.ts'
import type { Tables } from '../postgres/tables.ts'
import { ANSWER_KEPT, judgeReplay, type ReplayVerdict, type StoredAnswer } from './idempotency.ts'

/** A request as far as its repetition is concerned: who asks, under which key, on which route, for exactly what. */
export type KeyedRequest = {
  readonly callerId: string
  readonly key: string
  readonly route: string
  readonly fingerprint: string
}

export type IdempotencyStore = {
  /** Claims the key for this request, or tells what became of its first use. */
  begin(request: KeyedRequest, now: EpochMs): Promise<ReplayVerdict>
  finish(request: KeyedRequest, answer: NonNullable<StoredAnswer['answer']>): Promise<void>
  /** Frees the key of a request that failed on our side, so that it may be tried again. */
  release(request: KeyedRequest): Promise<void>
  forgetBefore(at: EpochMs): Promise<void>
}

/** Table `idempotency_keys`: one row per caller, key and route, kept for a day. */
export function createIdempotencyStore(db: Kysely<Tables>): IdempotencyStore {
  const rowOf = (request: KeyedRequest) =>
    ({ caller_id: request.callerId, key: request.key, route: request.route }) as const
  const claim = (request: KeyedRequest, now: EpochMs) =>
    db
      .insertInto('idempotency_keys')
      .values({ ...rowOf(request), fingerprint: request.fingerprint, started_at: now })
      .onConflict((conflict) => conflict.doNothing())
      .returning('started_at')
      .executeTakeFirst()
  const where = (request: KeyedRequest) =>
    ({
      delete: () =>
        db
          .deleteFrom('idempotency_keys')
          .where('caller_id', '=', request.callerId)
          .where('key', '=', request.key)
          .where('route', '=', request.route),
    }) as const
  return {
    begin: async (request, now) => {
      if ((await claim(request, now)) !== undefined) return { verdict: 'proceed' }
      const row = await db
        .selectFrom('idempotency_keys')
        .selectAll()
        .where('caller_id', '=', request.callerId)
        .where('key', '=', request.key)
        .where('route', '=', request.route)
        .executeTakeFirst()
      if (row === undefined) return { verdict: 'in-progress' }
      const verdict = judgeReplay(storedAnswer(row), request.fingerprint, now)
      if (verdict.verdict !== 'proceed') return verdict
      // Only one of several late repetitions may take the key over: the one that deletes the old row.
      const removed = await where(request).delete().where('started_at', '=', row.started_at).executeTakeFirst()
      if (removed.numDeletedRows === 0n) return { verdict: 'in-progress' }
      return (await claim(request, now)) === undefined ? { verdict: 'in-progress' } : verdict
    },
    finish: async (request, answer) => {
      await db
        .updateTable('idempotency_keys')
        .set({ status: answer.status, content_type: answer.contentType, body: answer.body })
        .where('caller_id', '=', request.callerId)
        .where('key', '=', request.key)
        .where('route', '=', request.route)
        .execute()
    },
    release: async (request) => {
      await where(request).delete().execute()
    },
    forgetBefore: async (at) => {
      await db.deleteFrom('idempotency_keys').where('started_at', '<', later(at, -ANSWER_KEPT)).execute()
    },
  }
}

function storedAnswer(row: {
  fingerprint: string
  started_at: number
  status: number | null
  content_type: string | null
  body: string | null
}): StoredAnswer {
  const { status, content_type: contentType, body } = row
  const answered = status !== null && contentType !== null && body !== null
  return {
    fingerprint: row.fingerprint,
    startedAt: epochMs(row.started_at),
    answer: answered ? { status, contentType, body } : null,
  }
}
