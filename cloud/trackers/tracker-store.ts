import { sql } from 'kysely'
import type { Seq, StreamId } from '#contract/ids.ts'
import { type EpochMs, later, minutes } from '#contract/instant.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { TrackerLoginRow, TrackerMessageRow, TrackerRefusalRow, TrackerRow } from '../postgres/tracker-tables.ts'
import type { Tracker, TrackerId } from './tracker.ts'

export type TrackerStore = ReturnType<typeof createTrackerStore>
export type JournalPlace = Pick<TrackerMessageRow, 'stream'> & { readonly seq: Seq }
type NewTracker = Pick<TrackerRow, 'id' | 'login' | 'device' | 'vehicleId' | 'createdAt' | 'createdBy'>

/** A message sent again after this long is another message. */
const MESSAGES_KEPT = minutes(30 * 24 * 60)
/** So many unregistered devices are shown; more are only counted in the metrics. */
const REFUSALS = 500

export function createTrackerStore(db: Db) {
  const trackers = () =>
    db
      .selectFrom('trackers')
      .innerJoin('trackerLogins', 'trackerLogins.login', 'trackers.login')
      .selectAll('trackers')
      .select('trackerLogins.kind')
  return {
    logins: (): Promise<TrackerLoginRow[]> => db.selectFrom('trackerLogins').selectAll().execute(),
    trackers: (): Promise<Tracker[]> => trackers().orderBy('trackers.createdAt').orderBy('trackers.id').execute(),
    find: (id: string): Promise<Tracker | undefined> =>
      trackers().where(sql<boolean>`trackers.id = ${id}`).executeTakeFirst(),
    /** Answers whether it was made: false when the login is there. */
    addLogin: async (login: TrackerLoginRow): Promise<boolean> => {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('trackerLogins')
        .values(login)
        .onConflict((it) => it.doNothing())
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },
    /** Answers whether there is such a login; its earlier secret is void from now on. */
    changeSecret: async (login: string, secretHash: string): Promise<boolean> => {
      const { numUpdatedRows } = await db
        .updateTable('trackerLogins')
        .set({ secretHash })
        .where('login', '=', login)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
    /** Answers whether it was made: false when this device of this login is in use. */
    add: async (tracker: NewTracker): Promise<boolean> => {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('trackers')
        .values({ ...tracker, removedAt: null, removedBy: null, heardAt: null, online: null })
        .onConflict((it) => it.doNothing())
        .executeTakeFirst()
      await db
        .deleteFrom('trackerRefusals')
        .where('login', '=', tracker.login)
        .where('device', '=', tracker.device)
        .execute()
      return numInsertedOrUpdatedRows === 1n
    },
    remove: (id: TrackerId, by: string, at: EpochMs) =>
      db
        .updateTable('trackers')
        .set({ removedAt: at, removedBy: by, online: null })
        .where('id', '=', id)
        .where('removedAt', 'is', null)
        .execute(),
    heard: (id: TrackerId, at: EpochMs, online: boolean | null) =>
      db.updateTable('trackers').set({ heardAt: at, online }).where('id', '=', id).execute(),
    /** The place of this message in the journal: the one wished for, or the one it got when it came before. */
    place: async (trackerId: TrackerId, digest: string, wish: JournalPlace, at: EpochMs): Promise<JournalPlace> => {
      const { rows } = await sql<{ stream: StreamId; seq: Seq }>`with made as (
          insert into tracker_messages (tracker_id, digest, stream, seq, at)
          values (${trackerId}, ${digest}, ${wish.stream}::uuid, ${wish.seq}, ${at})
          on conflict (tracker_id, digest) do nothing returning stream, seq)
        select stream, seq from made union all
        select stream, seq from tracker_messages where tracker_id = ${trackerId} and digest = ${digest}`.execute(db)
      const [place] = rows
      if (place === undefined) throw new Error('the message was taken by another instance at this very moment')
      return place
    },
    forgetMessages: (now: EpochMs) =>
      db.deleteFrom('trackerMessages').where('at', '<', later(now, -MESSAGES_KEPT)).execute(),
    refused: async (login: string, device: string, at: EpochMs): Promise<void> => {
      await sql`insert into tracker_refusals (login, device, first_at, last_at, messages)
        select ${login}, ${device}, ${at}::bigint, ${at}::bigint, 1
        where (select count(*) from tracker_refusals) < ${REFUSALS}
          or exists (select 1 from tracker_refusals where login = ${login} and device = ${device})
        on conflict (login, device) do update
          set last_at = excluded.last_at, messages = tracker_refusals.messages + 1`.execute(db)
    },
    refusals: (): Promise<TrackerRefusalRow[]> =>
      db.selectFrom('trackerRefusals').selectAll().orderBy('lastAt', 'desc').orderBy('device').execute(),
  }
}
