import { sql } from 'kysely'
import type { EpochMs } from '#contract/instant.ts'
import type { ParksInSight } from '../http/access.ts'
import { ParkId } from '../parks/park.ts'
import type {
  DriverChannelRow,
  DriverPhoneRow,
  DriverRefRow,
  DriverRow,
  DriverSecretRow,
} from '../postgres/lease-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { anywhere } from '../postgres/search-pattern.ts'
import type { DriverChanges, DriverId } from './driver.ts'
import type { Phone } from './phone.ts'

export type DriverStore = ReturnType<typeof createDriverStore>

export type DriverPlace = Pick<DriverRow, 'familyName' | 'givenName' | 'id'>

export type DriverQuery = {
  readonly parks: ParksInSight
  /** Part of a name, in any case, or the exact number. */
  readonly q?: string | undefined
  readonly phone?: Phone | undefined
  readonly state?: DriverRow['state'] | undefined
  readonly limit: number
  readonly after?: DriverPlace | undefined
}

export type DriverDetails = {
  readonly phones: readonly DriverPhoneRow[]
  readonly channels: readonly DriverChannelRow[]
  readonly refs: readonly DriverRefRow[]
}

/** Drivers with their phones, channels and names elsewhere; what is protected of them is in a table apart. */
export function createDriverStore(db: Db) {
  const all = () => db.selectFrom('drivers').selectAll()
  return {
    find: (id: DriverId): Promise<DriverRow | undefined> => all().where('id', '=', id).executeTakeFirst(),
    findLocked: (id: DriverId): Promise<DriverRow | undefined> =>
      all().where('id', '=', id).forNoKeyUpdate().executeTakeFirst(),
    findAll: async (ids: readonly DriverId[]): Promise<readonly DriverRow[]> =>
      ids.length === 0 ? [] : all().where('id', 'in', ids).execute(),
    /** Living ones who have one of these numbers. */
    withPhone: async (phones: readonly Phone[]): Promise<readonly DriverRow[]> =>
      phones.length === 0
        ? []
        : all()
            .where('state', '<>', 'merged')
            .where('id', 'in', db.selectFrom('driverPhones').select('driverId').where('phone', 'in', phones))
            .execute(),
    /** By name. Doubles that were merged are found only when asked for. */
    list: async ({ parks, q, phone, state, limit, after }: DriverQuery): Promise<readonly DriverRow[]> => {
      if (parks.length === 0) return []
      let query = all()
      if (parks !== 'all')
        query = query.where(
          'parkId',
          'in',
          parks.map((park) => ParkId.parse(park)),
        )
      query = state === undefined ? query.where('state', '<>', 'merged') : query.where('state', '=', state)
      if (phone !== undefined)
        query = query.where('id', 'in', db.selectFrom('driverPhones').select('driverId').where('phone', '=', phone))
      if (q !== undefined) {
        const pattern = anywhere(q)
        query = query.where(sql<boolean>`family_name || ' ' || given_name || ' ' || patronymic ilike ${pattern}`)
      }
      if (after !== undefined)
        query = query.where(
          sql<boolean>`(family_name, given_name, id) > (${after.familyName}, ${after.givenName}, ${after.id}::uuid)`,
        )
      return query.orderBy('familyName').orderBy('givenName').orderBy('id').limit(limit).execute()
    },
    detailsOf: async (ids: readonly DriverId[]): Promise<DriverDetails> => {
      if (ids.length === 0) return { phones: [], channels: [], refs: [] }
      const [phones, channels, refs] = await Promise.all([
        db
          .selectFrom('driverPhones')
          .selectAll()
          .where('driverId', 'in', ids)
          .orderBy('main', 'desc')
          .orderBy('phone')
          .execute(),
        db.selectFrom('driverChannels').selectAll().where('driverId', 'in', ids).orderBy('channel').execute(),
        db.selectFrom('driverRefs').selectAll().where('driverId', 'in', ids).execute(),
      ])
      return { phones, channels, refs }
    },
    mainPhonesOf: async (ids: readonly DriverId[]): Promise<ReadonlyMap<DriverId, DriverPhoneRow>> => {
      if (ids.length === 0) return new Map()
      const rows = await db
        .selectFrom('driverPhones')
        .selectAll()
        .where('driverId', 'in', ids)
        .where('main', '=', true)
        .execute()
      return new Map(rows.map((row) => [row.driverId, row]))
    },

    insert: (row: DriverRow) => db.insertInto('drivers').values(row).execute(),
    update: (row: DriverRow) => db.updateTable('drivers').set(row).where('id', '=', row.id).execute(),
    setPhones: async (driverId: DriverId, phones: readonly Omit<DriverPhoneRow, 'driverId'>[]): Promise<void> => {
      await db.deleteFrom('driverPhones').where('driverId', '=', driverId).execute()
      if (phones.length > 0)
        await db
          .insertInto('driverPhones')
          .values(phones.map((phone) => ({ ...phone, driverId })))
          .execute()
    },
    setChannels: async (driverId: DriverId, channels: readonly Omit<DriverChannelRow, 'driverId'>[]): Promise<void> => {
      await db.deleteFrom('driverChannels').where('driverId', '=', driverId).execute()
      if (channels.length > 0)
        await db
          .insertInto('driverChannels')
          .values(channels.map((channel) => ({ ...channel, driverId })))
          .execute()
    },
    /** Undefined takes the name away. */
    setRef: async (driverId: DriverId, ref: Omit<DriverRefRow, 'driverId'> | undefined): Promise<void> => {
      await db.deleteFrom('driverRefs').where('driverId', '=', driverId).execute()
      if (ref !== undefined)
        await db
          .insertInto('driverRefs')
          .values({ ...ref, driverId })
          .execute()
    },
    refTaken: ({ source, externalId }: Omit<DriverRefRow, 'driverId'>): Promise<DriverRefRow | undefined> =>
      db
        .selectFrom('driverRefs')
        .selectAll()
        .where('source', '=', source)
        .where('externalId', '=', externalId)
        .executeTakeFirst(),

    secrets: (driverId: DriverId): Promise<DriverSecretRow | undefined> =>
      db.selectFrom('driverSecrets').selectAll().where('driverId', '=', driverId).executeTakeFirst(),
    setSecrets: (row: DriverSecretRow) =>
      db
        .insertInto('driverSecrets')
        .values(row)
        .onConflict((conflict) => conflict.column('driverId').doUpdateSet(row))
        .execute(),

    addChanges: async (
      driverId: DriverId,
      changes: DriverChanges,
      by: { readonly id: string; readonly name: string },
      at: EpochMs,
    ): Promise<void> => {
      if (changes.length === 0) return
      const row = { driverId, at, byId: by.id, byName: by.name, changes: JSON.stringify(changes) }
      await db.insertInto('driverChanges').values(row).execute()
    },
    /** Newest first. */
    history: (driverId: DriverId, limit: number, before?: number) => {
      const query = db.selectFrom('driverChanges').selectAll().where('driverId', '=', driverId)
      return (before === undefined ? query : query.where('id', '<', before))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
    },
  }
}
