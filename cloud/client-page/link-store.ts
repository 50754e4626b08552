import { createHash } from 'node:crypto'
import type { Db } from '../postgres/postgres-client.ts'

export type LinkStore = ReturnType<typeof createLinkStore>
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Table `client_links`: secret addresses of clients; only hashes of the secrets are kept. */
export function createLinkStore(db: Db) {
  return {
    add: async (link: {
      readonly token: string
      readonly client: string
      readonly createdAt: number
      readonly createdBy: string
      readonly expiresAt: number
    }): Promise<void> => {
      const { token, ...row } = link
      await db
        .insertInto('clientLinks')
        .values({ ...row, tokenHash: hashOf(token), closedAt: null, seenAt: null })
        .execute()
    },
    /** Whose address it is; undefined when it was closed, is too old, or never was one. */
    clientOf: async (token: string, now: number): Promise<string | undefined> =>
      (
        await db
          .updateTable('clientLinks')
          .set({ seenAt: now })
          .where('tokenHash', '=', hashOf(token))
          .where('closedAt', 'is', null)
          .where('expiresAt', '>', now)
          .returning('client')
          .executeTakeFirst()
      )?.client,
    /** Closes every address of a client; answers how many were open. */
    closeAll: async (client: string, at: number): Promise<number> => {
      const closed = await db
        .updateTable('clientLinks')
        .set({ closedAt: at })
        .where('client', '=', client)
        .where('closedAt', 'is', null)
        .where('expiresAt', '>', at)
        .returning('tokenHash')
        .execute()
      return closed.length
    },
    forget: (before: number) => db.deleteFrom('clientLinks').where('expiresAt', '<', before).execute(),
  }
}
