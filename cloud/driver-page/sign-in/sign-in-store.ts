import { sql } from 'kysely'
import type { EpochMs } from '#contract/instant.ts'
import type { DriverId } from '../../drivers/driver.ts'
import type { Phone } from '../../drivers/phone.ts'
import type { DriverCodeRow, DriverSessionRow } from '../../postgres/page-tables.ts'
import type { Db } from '../../postgres/postgres-client.ts'

export type SignInStore = ReturnType<typeof createSignInStore>

/** Tables `driver_codes` and `driver_sessions`; both keep hashes only. */
export function createSignInStore(db: Db) {
  return {
    asked: async (phone: Phone, address: string, since: EpochMs, dayAgo: EpochMs) => {
      const found = await sql<{ byPhone: number; byPhoneToday: number; byAddress: number }>`select
          (select count(*)::int from driver_codes where phone = ${phone} and created_at > ${since}) as by_phone,
          (select count(*)::int from driver_codes where phone = ${phone} and created_at > ${dayAgo}) as by_phone_today,
          (select count(*)::int from driver_codes where address = ${address} and created_at > ${since}) as by_address`.execute(
        db,
      )
      return found.rows[0] ?? { byPhone: 0, byPhoneToday: 0, byAddress: 0 }
    },
    addCode: (row: DriverCodeRow) => db.insertInto('driverCodes').values(row).execute(),
    /** The code that was asked for last, if it is still good. Locked. */
    codeOf: (phone: Phone, now: EpochMs): Promise<DriverCodeRow | undefined> =>
      db
        .selectFrom('driverCodes')
        .selectAll()
        .where('phone', '=', phone)
        .where('expiresAt', '>', now)
        .orderBy('createdAt', 'desc')
        .limit(1)
        .forUpdate()
        .executeTakeFirst(),
    tried: (id: string, tries: number, usedAt: EpochMs | null) =>
      db.updateTable('driverCodes').set({ tries, usedAt }).where('id', '=', id).execute(),
    addSession: (row: DriverSessionRow) => db.insertInto('driverSessions').values(row).execute(),
    session: (tokenHash: string, now: EpochMs): Promise<DriverSessionRow | undefined> =>
      db
        .selectFrom('driverSessions')
        .selectAll()
        .where('tokenHash', '=', tokenHash)
        .where('expiresAt', '>', now)
        .executeTakeFirst(),
    endSession: (tokenHash: string) => db.deleteFrom('driverSessions').where('tokenHash', '=', tokenHash).execute(),
    endOf: (driver: DriverId) => db.deleteFrom('driverSessions').where('driverId', '=', driver).execute(),
    forget: async (now: EpochMs, dayAgo: EpochMs): Promise<void> => {
      await db.deleteFrom('driverSessions').where('expiresAt', '<', now).execute()
      await db.deleteFrom('driverCodes').where('createdAt', '<', dayAgo).execute()
    },
  }
}
