import type { Db } from '../postgres/postgres-client.ts'

export type LineStore = ReturnType<typeof createLineStore>

/** Tables `phone_lines` (number → source, with the days it holds) and `phone_extensions` (whom a transfer reaches). */
export function createLineStore(db: Db) {
  return {
    /** What a call to this number tells of where the caller comes from, at that moment. */
    sourceOf: async (number: string, at: number): Promise<string | undefined> => {
      const row = await db
        .selectFrom('phoneLines')
        .select('source')
        .where('number', '=', number)
        .where('validFrom', '<=', at)
        .where(({ or, eb }) => or([eb('validTo', 'is', null), eb('validTo', '>', at)]))
        .orderBy('validFrom', 'desc')
        .executeTakeFirst()
      return row?.source
    },
    lines: () => db.selectFrom('phoneLines').selectAll().orderBy('number').orderBy('validFrom').execute(),
    /** False when the number has a source on one of these days already. */
    add: async (line: {
      readonly id: string
      readonly number: string
      readonly source: string
      readonly validFrom: number
      readonly validTo: number | null
      readonly by: string
      readonly at: number
    }): Promise<boolean> => {
      const { by, at, ...row } = line
      const other = await db
        .selectFrom('phoneLines')
        .select('id')
        .where('number', '=', line.number)
        .where(({ or, eb }) => or([eb('validTo', 'is', null), eb('validTo', '>', line.validFrom)]))
        .where('validFrom', '<', line.validTo ?? Number.MAX_SAFE_INTEGER)
        .executeTakeFirst()
      if (other !== undefined) return false
      await db
        .insertInto('phoneLines')
        .values({ ...row, createdAt: at, createdBy: by })
        .execute()
      return true
    },
    /** The number tells nothing from that moment on; false when it is not there or ended before. */
    end: async (id: string, validTo: number): Promise<boolean> => {
      const row = await db
        .updateTable('phoneLines')
        .set({ validTo })
        .where('id', '=', id)
        .where('validFrom', '<', validTo)
        .where(({ or, eb }) => or([eb('validTo', 'is', null), eb('validTo', '>', validTo)]))
        .returning('id')
        .executeTakeFirst()
      return row !== undefined
    },
    extensions: () => db.selectFrom('phoneExtensions').selectAll().orderBy('recipient').execute(),
    extensionOf: async (recipient: string): Promise<string | undefined> =>
      (await db.selectFrom('phoneExtensions').select('extension').where('recipient', '=', recipient).executeTakeFirst())
        ?.extension,
    putExtension: async (recipient: string, extension: string, by: string, at: number): Promise<void> => {
      const values = { extension, changedAt: at, changedBy: by }
      await db
        .insertInto('phoneExtensions')
        .values({ recipient, ...values })
        .onConflict((conflict) => conflict.column('recipient').doUpdateSet(values))
        .execute()
    },
    dropExtension: async (recipient: string): Promise<boolean> =>
      (await db
        .deleteFrom('phoneExtensions')
        .where('recipient', '=', recipient)
        .returning('recipient')
        .executeTakeFirst()) !== undefined,
  }
}
