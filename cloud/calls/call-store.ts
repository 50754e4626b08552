import { sql } from 'kysely'
import type { ParksInSight } from '../http/access.ts'
import type { PhoneCallRow } from '../postgres/call-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { cardInParks } from '../processes/card-parks.ts'
import type { Call } from './call.ts'

export type CallStore = ReturnType<typeof createCallStore>
export type StoredCall = Call & {
  readonly id: string
  readonly exchange: string
  readonly recording: string
  readonly joinedAt: number | undefined
}
export type CallFilter = {
  readonly number?: string | undefined
  readonly card?: string | undefined
  readonly source?: string | undefined
  readonly state?: 'missed' | 'answered' | 'no-source' | undefined
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** A call with a card outside of these parks, or of a driver who is known outside of them alone, is not there. */
  readonly parks: ParksInSight
}
/** A card that was closed this long before a call may still be what the call is about. */
const RECENT_MS = 30 * 86_400_000

/** Tables `phone_calls`, `phone_call_cards` and `phone_recordings`. */
export function createCallStore(db: Db) {
  const inSight = (filter: CallFilter) => {
    let calls = db.selectFrom('phoneCalls')
    const { parks } = filter
    if (filter.number !== undefined)
      calls = calls.where(({ or, eb }) =>
        or([eb('caller', '=', filter.number ?? ''), eb('callee', '=', filter.number ?? '')]),
      )
    if (filter.source !== undefined) calls = calls.where('source', '=', filter.source)
    if (filter.state === 'missed') calls = calls.where('missedAt', 'is not', null)
    if (filter.state === 'answered') calls = calls.where('answeredAt', 'is not', null)
    if (filter.state === 'no-source') calls = calls.where('source', 'is', null).where('direction', '=', 'in')
    if (filter.from !== undefined) calls = calls.where('startedAt', '>=', filter.from)
    if (filter.to !== undefined) calls = calls.where('startedAt', '<', filter.to)
    if (filter.card !== undefined)
      calls = calls.where('id', 'in', (of) =>
        of
          .selectFrom('phoneCallCards')
          .select('call')
          .where('card', '=', filter.card ?? ''),
      )
    if (parks !== 'all')
      calls = calls
        .where(
          sql<boolean>`not exists (
            select 1 from phone_call_cards c where c.call = phone_calls.id and not ${cardInParks(sql, parks, 'c.card')})`,
        )
        .where(sql<boolean>`not exists (
          select 1 from driver_phones p join drivers d on d.id = p.driver_id
          where p.phone in (phone_calls.caller, phone_calls.callee)
          having not bool_or(d.park_id::text = any(${[...parks]}::text[])))`)
    return calls
  }

  return {
    /** Stores a call that is not known yet. Undefined when it is. */
    insert: async (id: string, exchange: string, call: Call): Promise<StoredCall | undefined> => {
      const row = await db
        .insertInto('phoneCalls')
        .values({ id, exchange, ...columnsOf(call), recording: 'none', recordingProblem: null, joinedAt: null })
        .onConflict((conflict) => conflict.columns(['exchange', 'callId']).doNothing())
        .returningAll()
        .executeTakeFirst()
      return row && storedCall(row)
    },
    /** Locks the call: what is told of one comes one after another. */
    lock: async (exchange: string, callId: string): Promise<StoredCall | undefined> => {
      const row = await db
        .selectFrom('phoneCalls')
        .selectAll()
        .where('exchange', '=', exchange)
        .where('callId', '=', callId)
        .forUpdate()
        .executeTakeFirst()
      return row && storedCall(row)
    },
    update: (id: string, call: Call) =>
      db
        .updateTable('phoneCalls')
        .set({ ...columnsOf(call), joinedAt: null })
        .where('id', '=', id)
        .execute(),
    find: async (id: string): Promise<StoredCall | undefined> => {
      const row = await db.selectFrom('phoneCalls').selectAll().where('id', '=', id).executeTakeFirst()
      return row && storedCall(row)
    },
    seen: async (id: string, parks: ParksInSight): Promise<StoredCall | undefined> => {
      const row = await inSight({ parks }).selectAll().where('id', '=', id).executeTakeFirst()
      return row && storedCall(row)
    },
    /** Newest first; the cursor is the last pair seen. */
    list: async (
      filter: CallFilter,
      { limit, before }: { readonly limit: number; readonly before: readonly [number, string] | undefined },
    ): Promise<readonly StoredCall[]> => {
      let calls = inSight(filter).selectAll()
      if (before !== undefined)
        calls = calls.where(({ or, and, eb }) =>
          or([eb('startedAt', '<', before[0]), and([eb('startedAt', '=', before[0]), eb('id', '>', before[1])])]),
        )
      const rows = await calls.orderBy('startedAt', 'desc').orderBy('id').limit(limit).execute()
      return rows.map(storedCall)
    },
    /** Number and length of calls, by source or by who took them. */
    figures: (filter: CallFilter, by: 'source' | 'extension') =>
      inSight(filter)
        .select(by === 'source' ? 'source as of' : 'extension as of')
        .select(({ fn }) => fn.countAll<number>().as('calls'))
        .select([
          sql<number>`count(*) filter (where answered_at is not null)`.as('answered'),
          sql<number>`count(*) filter (where missed_at is not null)`.as('missed'),
          sql<number>`coalesce(sum(ended_at - answered_at) filter (where answered_at is not null), 0)::bigint`.as(
            'talkMs',
          ),
        ])
        .groupBy(by)
        .orderBy('calls', 'desc')
        .execute(),
    cardsOf: async (calls: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> => {
      const found = new Map<string, string[]>()
      if (calls.length === 0) return found
      const rows = await db
        .selectFrom('phoneCallCards')
        .selectAll()
        .where('call', 'in', [...calls])
        .orderBy('card')
        .execute()
      for (const { call, card } of rows) found.set(call, [...(found.get(call) ?? []), card])
      return found
    },
    /** Ties a call to every card of its outside number: that of the card, of its client or of its driver. */
    join: async (id: string, number: string, startedAt: number, now: number): Promise<void> => {
      await sql`insert into phone_call_cards (call, card)
        select ${id}::uuid, c.id from cards c
        where (c.closed_at is null or c.closed_at > ${startedAt - RECENT_MS})
          and (c.fields ->> 'phone' = ${number}
            or exists (select 1 from card_links l join process_records r on r.entity = l.entity and r.id = l.record
              where l.card = c.id and r.fields @> ${JSON.stringify({ phone: number })}::jsonb)
            or exists (select 1 from card_links l join driver_phones d on d.driver_id::text = l.record
              where l.card = c.id and l.entity = 'driver' and d.phone = ${number}))
        on conflict do nothing`.execute(db)
      await db.updateTable('phoneCalls').set({ joinedAt: now }).where('id', '=', id).execute()
    },
    unjoined: async (limit: number): Promise<readonly StoredCall[]> => {
      const rows = await db
        .selectFrom('phoneCalls')
        .selectAll()
        .where('joinedAt', 'is', null)
        .orderBy('startedAt')
        .limit(limit)
        .execute()
      return rows.map(storedCall)
    },
    setRecording: (id: string, recording: string, problem: string | null) =>
      db.updateTable('phoneCalls').set({ recording, recordingProblem: problem }).where('id', '=', id).execute(),
    unfetched: (limit: number) =>
      db
        .selectFrom('phoneCalls')
        .select(['id', 'recordUrl', 'endedAt', 'startedAt'])
        .where('recording', '=', 'wanted')
        .orderBy('startedAt')
        .limit(limit)
        .execute(),
    keepRecording: async (recording: {
      readonly call: string
      readonly type: string
      readonly sha256: string
      readonly bytes: Uint8Array
      readonly fetchedAt: number
    }): Promise<void> => {
      await db
        .insertInto('phoneRecordings')
        .values({ ...recording, size: recording.bytes.length })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      await db
        .updateTable('phoneCalls')
        .set({ recording: 'kept', recordingProblem: null })
        .where('id', '=', recording.call)
        .execute()
    },
    recording: (call: string) =>
      db.selectFrom('phoneRecordings').selectAll().where('call', '=', call).executeTakeFirst(),
  }
}

const columnsOf = (call: Call) => ({
  callId: call.callId,
  direction: call.direction,
  caller: call.caller,
  callee: call.callee ?? null,
  line: call.line ?? null,
  extension: call.extension ?? null,
  source: call.source ?? null,
  startedAt: call.startedAt,
  rangAt: call.rangAt ?? null,
  answeredAt: call.answeredAt ?? null,
  endedAt: call.endedAt ?? null,
  missedAt: call.missedAt ?? null,
  recordUrl: call.recordUrl ?? null,
})

const storedCall = (row: Omit<PhoneCallRow, 'recording'> & { readonly recording: string }): StoredCall => ({
  id: row.id,
  exchange: row.exchange,
  callId: row.callId,
  direction: row.direction === 'out' ? 'out' : 'in',
  caller: row.caller,
  callee: row.callee ?? undefined,
  line: row.line ?? undefined,
  extension: row.extension ?? undefined,
  source: row.source ?? undefined,
  startedAt: row.startedAt,
  rangAt: row.rangAt ?? undefined,
  answeredAt: row.answeredAt ?? undefined,
  endedAt: row.endedAt ?? undefined,
  missedAt: row.missedAt ?? undefined,
  recordUrl: row.recordUrl ?? undefined,
  recording: row.recording,
  joinedAt: row.joinedAt ?? undefined,
})
