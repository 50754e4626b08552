import { sql } from 'kysely'
import type { ParksInSight } from '../http/access.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { cardInParks } from '../processes/card-parks.ts'

export type RequestStore = ReturnType<typeof createRequestStore>
export type ExchangeWish = {
  /** The same wish again has the same key. */
  readonly key: string
  readonly kind: 'transfer' | 'say' | 'call'
  /** The exchange's own id of the call it is about. */
  readonly callId: string | undefined
  /** Extension or number. */
  readonly to: string | undefined
  readonly text: string | undefined
}

/** Table `phone_requests`: what the exchange was asked, and what became of it. */
export function createRequestStore(db: Db) {
  return {
    asked: async (
      wish: ExchangeWish & { readonly card: string | undefined; readonly by: string; readonly at: number },
    ): Promise<void> => {
      await db
        .insertInto('phoneRequests')
        .values({
          key: wish.key,
          kind: wish.kind,
          callId: wish.callId ?? null,
          target: wish.to ?? null,
          text: wish.text ?? null,
          card: wish.card ?? null,
          askedAt: wish.at,
          askedBy: wish.by,
          state: 'waiting',
          attempts: 0,
          problem: null,
          takenAt: null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
    find: (key: string) => db.selectFrom('phoneRequests').selectAll().where('key', '=', key).executeTakeFirst(),
    tried: async (
      key: string,
      {
        state,
        problem,
        at,
      }: {
        readonly state: 'taken' | 'waiting' | 'refused' | 'too-late'
        readonly problem: string | null
        readonly at: number
      },
    ): Promise<void> => {
      await db
        .updateTable('phoneRequests')
        .set(({ eb }) => ({
          state,
          problem,
          attempts: eb('attempts', '+', 1),
          takenAt: state === 'taken' ? at : null,
        }))
        .where('key', '=', key)
        .where('state', '=', 'waiting')
        .execute()
    },
    /** What was asked about a card outside of these parks is not there. */
    newest: (parks: ParksInSight, limit: number) => {
      let requests = db.selectFrom('phoneRequests').selectAll()
      if (parks !== 'all') requests = requests.where(cardInParks(sql, parks, 'phone_requests.card'))
      return requests.orderBy('askedAt', 'desc').orderBy('key').limit(limit).execute()
    },
  }
}
