import { sql } from 'kysely'
import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { ParksInSight } from '../http/access.ts'
import { ParkId } from '../parks/park.ts'
import type { MessageGroupTable, MessageTable } from '../postgres/message-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { Channel, MessageId, MessageState, Way } from './message.ts'

export type MessageStore = ReturnType<typeof createMessageStore>

export type MessageRow = Omit<MessageTable, 'ways' | 'attach'> & {
  readonly ways: readonly Way[]
  readonly attach: readonly string[]
}
export type MessageGroup = Pick<MessageGroupTable, 'name' | 'title'> & {
  readonly phones: readonly string[]
  readonly emails: readonly string[]
}
export type MessageQuery = {
  readonly parks: ParksInSight
  readonly driverId?: DriverId | undefined
  readonly vehicleId?: VehicleId | undefined
  readonly state?: MessageState | undefined
  readonly limit: number
  readonly before?: { readonly at: EpochMs; readonly id: MessageId } | undefined
}

/** Tables `messages` and `message_groups`. */
export function createMessageStore(db: Db) {
  return {
    /** Resolves to false when a message with this key is there already. */
    insert: async (row: MessageRow): Promise<boolean> => {
      const added = await db
        .insertInto('messages')
        .values({ ...row, ways: JSON.stringify(row.ways), attach: JSON.stringify(row.attach) })
        .onConflict((conflict) => conflict.column('key').doNothing())
        .returning('id')
        .execute()
      return added.length > 0
    },
    /** Those that are due, kept from other instances until then. */
    claim: async (now: EpochMs, until: EpochMs, limit: number): Promise<readonly MessageRow[]> =>
      db
        .updateTable('messages')
        .set({ dueAt: until })
        .where('id', 'in', (inner) =>
          inner
            .selectFrom('messages')
            .select('id')
            .where('dueAt', '<=', now)
            .orderBy('dueAt')
            .limit(limit)
            .forUpdate()
            .skipLocked(),
        )
        .returningAll()
        .execute(),
    update: async (
      id: MessageId,
      change: Partial<Omit<MessageRow, 'id' | 'key' | 'ways' | 'attach'>>,
      ways: readonly Way[],
    ) =>
      db
        .updateTable('messages')
        .set({ ...change, ways: JSON.stringify(ways) })
        .where('id', '=', id)
        .execute(),
    /** The newest message that a channel has taken under this name. */
    ofProvider: (channel: Channel, providerId: string): Promise<MessageRow | undefined> =>
      db
        .selectFrom('messages')
        .selectAll()
        .where('channel', '=', channel)
        .where('providerId', '=', providerId)
        .orderBy('createdAt', 'desc')
        .limit(1)
        .executeTakeFirst(),
    /** Calls about a driver that a person was asked for and that nobody has said to be made. */
    openCalls: (driverId: DriverId, since: EpochMs): Promise<readonly MessageRow[]> =>
      db
        .selectFrom('messages')
        .selectAll()
        .where('driverId', '=', driverId)
        .where('channel', '=', 'call')
        .where('state', '=', 'sent')
        .where('createdAt', '>=', since)
        .execute(),
    /** Newest first. */
    list: async ({
      parks,
      driverId,
      vehicleId,
      state,
      limit,
      before,
    }: MessageQuery): Promise<readonly MessageRow[]> => {
      if (parks.length === 0) return []
      let query = db.selectFrom('messages').selectAll()
      if (parks !== 'all')
        query = query.where(
          'parkId',
          'in',
          parks.map((park) => ParkId.parse(park)),
        )
      if (driverId !== undefined) query = query.where('driverId', '=', driverId)
      if (vehicleId !== undefined) query = query.where('vehicleId', '=', vehicleId)
      if (state !== undefined) query = query.where('state', '=', state)
      if (before !== undefined)
        query = query.where(sql<boolean>`(created_at, id) < (${before.at}::bigint, ${before.id}::uuid)`)
      return query.orderBy('createdAt', 'desc').orderBy('id', 'desc').limit(limit).execute()
    },
    /** What was said on behalf of a card, newest first; the cursor is the last pair seen. */
    ofCard: (
      card: string,
      { limit, before }: { readonly limit: number; readonly before: readonly [number, string] | undefined },
    ): Promise<readonly MessageRow[]> => {
      let query = db.selectFrom('messages').selectAll().where('because', '=', card)
      if (before !== undefined)
        query = query.where(
          sql<boolean>`(created_at < ${before[0]} or (created_at = ${before[0]} and id > ${before[1]}::uuid))`,
        )
      return query.orderBy('createdAt', 'desc').orderBy('id').limit(limit).execute()
    },
    /** The newest message of one of these kinds to each driver since then. */
    newestOf: async (
      drivers: readonly DriverId[],
      kinds: readonly string[],
      since: EpochMs,
    ): Promise<ReadonlyMap<DriverId, Pick<MessageRow, 'state' | 'deliveredAt' | 'createdAt'>>> => {
      if (drivers.length === 0) return new Map()
      const rows = await db
        .selectFrom('messages')
        .select(['driverId', 'state', 'deliveredAt', 'createdAt'])
        .distinctOn('driverId')
        .where('driverId', 'in', drivers)
        .where('kind', 'in', kinds)
        .where('createdAt', '>=', since)
        .orderBy('driverId')
        .orderBy('createdAt', 'desc')
        .execute()
      return new Map(rows.flatMap(({ driverId, ...row }) => (driverId === null ? [] : [[driverId, row] as const])))
    },
    deliveredSince: async (driverId: DriverId, kind: string, since: EpochMs): Promise<EpochMs | undefined> => {
      const row = await db
        .selectFrom('messages')
        .select('deliveredAt')
        .where('driverId', '=', driverId)
        .where('kind', '=', kind)
        .where('deliveredAt', '>=', since)
        .orderBy('deliveredAt', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row?.deliveredAt ?? undefined
    },
    forgetBefore: (at: EpochMs) => db.deleteFrom('messages').where('createdAt', '<', at).execute(),

    groups: (): Promise<readonly MessageGroup[]> =>
      db.selectFrom('messageGroups').selectAll().orderBy('name').execute(),
    group: (name: string): Promise<MessageGroup | undefined> =>
      db.selectFrom('messageGroups').selectAll().where('name', '=', name).executeTakeFirst(),
    saveGroup: async ({ name, title, phones, emails }: MessageGroup): Promise<void> => {
      const row = { name, title, phones: JSON.stringify(phones), emails: JSON.stringify(emails) }
      await db
        .insertInto('messageGroups')
        .values(row)
        .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
        .execute()
    },
  }
}
