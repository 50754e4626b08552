import type { Kysely } from 'kysely'
import { type EpochMs, later } from '#contract/instant.ts'
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
  forgetOld(now: EpochMs): Promise<void>
}

/** Table `idempotency_keys`: one row per caller, route and key, kept for a day. */
export function createIdempotencyStore(db: Kysely<Tables>): IdempotencyStore {
  const keyOf = (request: KeyedRequest): string => `${request.route} ${request.key}`
  const claim = async (request: KeyedRequest, now: EpochMs): Promise<boolean> => {
    const row = {
      callerId: request.callerId,
      key: keyOf(request),
      requestHash: request.fingerprint,
      createdAt: now,
      status: null,
      body: null,
      contentType: null,
    }
    const written = await db
      .insertInto('idempotencyKeys')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .returning('createdAt')
      .executeTakeFirst()
    return written !== undefined
  }
  const removal = (request: KeyedRequest) =>
    db.deleteFrom('idempotencyKeys').where('callerId', '=', request.callerId).where('key', '=', keyOf(request))
  return {
    begin: async (request, now) => {
      if (await claim(request, now)) return { verdict: 'proceed' }
      const row = await db
        .selectFrom('idempotencyKeys')
        .selectAll()
        .where('callerId', '=', request.callerId)
        .where('key', '=', keyOf(request))
        .executeTakeFirst()
      if (row === undefined) return { verdict: 'in-progress' }
      const verdict = judgeReplay(storedAnswer(row), request.fingerprint, now)
      if (verdict.verdict !== 'proceed') return verdict
      // Only one of several late repetitions may take the key over: the one that removes the old row.
      const removed = await removal(request).where('createdAt', '=', row.createdAt).executeTakeFirst()
      if (removed.numDeletedRows === 0n) return { verdict: 'in-progress' }
      return (await claim(request, now)) ? verdict : { verdict: 'in-progress' }
    },
    finish: async (request, answer) => {
      await db
        .updateTable('idempotencyKeys')
        .set(answer)
        .where('callerId', '=', request.callerId)
        .where('key', '=', keyOf(request))
        .execute()
    },
    release: async (request) => {
      await removal(request).execute()
    },
    forgetOld: async (now) => {
      await db.deleteFrom('idempotencyKeys').where('createdAt', '<', later(now, -ANSWER_KEPT)).execute()
    },
  }
}

function storedAnswer(row: Tables['idempotencyKeys']): StoredAnswer {
  const { status, contentType, body } = row
  const answered = status !== null && contentType !== null && body !== null
  return {
    fingerprint: row.requestHash,
    startedAt: row.createdAt,
    answer: answered ? { status, contentType, body } : null,
  }
}
