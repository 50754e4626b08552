import { createHash } from 'node:crypto'
import type { Db } from '../../postgres/postgres-client.ts'

export type Upload = {
  readonly id: string
  readonly card: string
  readonly title: string
  readonly event: string
  readonly field: string
}
export type UploadStore = ReturnType<typeof createUploadStore>

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Table `process_uploads`: secret addresses at which somebody outside adds one file to a card. */
export function createUploadStore(db: Db) {
  return {
    add: async (
      upload: Upload & { readonly token: string; readonly createdAt: number; readonly expiresAt: number },
    ): Promise<void> => {
      const { token, ...row } = upload
      await db
        .insertInto('processUploads')
        .values({ ...row, tokenHash: hashOf(token), usedAt: null })
        .execute()
    },
    /** Undefined when there is none of this address, or its time is over. */
    find: async (token: string, now: number): Promise<(Upload & { readonly isUsed: boolean }) | undefined> => {
      const row = await db
        .selectFrom('processUploads')
        .select(['id', 'card', 'title', 'event', 'field', 'usedAt'])
        .where('tokenHash', '=', hashOf(token))
        .where('expiresAt', '>', now)
        .executeTakeFirst()
      if (row === undefined) return undefined
      const { usedAt, ...upload } = row
      return { ...upload, isUsed: usedAt !== null }
    },
    /** False when it has been used before. */
    use: async (id: string, at: number): Promise<boolean> => {
      const row = await db
        .updateTable('processUploads')
        .set({ usedAt: at })
        .where('id', '=', id)
        .where('usedAt', 'is', null)
        .returning('id')
        .executeTakeFirst()
      return row !== undefined
    },
  }
}
