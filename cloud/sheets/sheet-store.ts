import type { GatewayId } from '#contract/ids.ts'
import type { CommissioningPhotoRow } from '../postgres/configuration-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'

export type SheetStore = ReturnType<typeof createSheetStore>

/** Tables `commissioning_sheets`, whose rows were proved when they came, and `commissioning_photos`. */
export function createSheetStore(db: Db) {
  return {
    /** As its gateway signed it (JWS); undefined: none came here. */
    newest: async (gateway: GatewayId): Promise<string | undefined> =>
      (
        await db
          .selectFrom('commissioningSheets')
          .select('sheet')
          .where('gatewayId', '=', gateway)
          .orderBy('at', 'desc')
          .limit(1)
          .executeTakeFirst()
      )?.sheet,
    /** Digests of the photos that are here. */
    photos: async (gateway: GatewayId): Promise<ReadonlySet<string>> => {
      const rows = await db
        .selectFrom('commissioningPhotos')
        .select('sha256')
        .where('gatewayId', '=', gateway)
        .execute()
      return new Set(rows.map(({ sha256 }) => sha256))
    },
    photo: async (gateway: GatewayId, sha256: string): Promise<Uint8Array | undefined> =>
      (
        await db
          .selectFrom('commissioningPhotos')
          .select('bytes')
          .where('gatewayId', '=', gateway)
          .where('sha256', '=', sha256)
          .executeTakeFirst()
      )?.bytes,
    /** The same photo once more takes the place of the row: what is on disk may have been damaged. */
    keepPhoto: async (row: CommissioningPhotoRow): Promise<void> => {
      await db
        .insertInto('commissioningPhotos')
        .values(row)
        .onConflict((it) => it.columns(['gatewayId', 'sha256']).doUpdateSet({ bytes: row.bytes }))
        .execute()
    },
  }
}
