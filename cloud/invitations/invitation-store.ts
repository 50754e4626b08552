import type { EpochMs } from '#contract/instant.ts'
import type { InvitationRow } from '../postgres/people-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'

export type Invitation = Omit<InvitationRow, 'parks'> & { readonly parks: readonly string[] | null }

export type InvitationStore = ReturnType<typeof createInvitationStore>

/** Table `invitations`: each link works once; it holds only a hash of the link. */
export function createInvitationStore(db: Db) {
  return {
    insert: async (invitation: Invitation): Promise<void> => {
      const parks = invitation.parks === null ? null : JSON.stringify(invitation.parks)
      await db
        .insertInto('invitations')
        .values({ ...invitation, parks })
        .execute()
    },
    /** Open ones, newest first. */
    open: (now: EpochMs): Promise<Invitation[]> =>
      db
        .selectFrom('invitations')
        .selectAll()
        .where('usedAt', 'is', null)
        .where('withdrawnAt', 'is', null)
        .where('expiresAt', '>', now)
        .orderBy('createdAt', 'desc')
        .execute(),
    find: (tokenHash: string, now: EpochMs): Promise<Invitation | undefined> =>
      db
        .selectFrom('invitations')
        .selectAll()
        .where('tokenHash', '=', tokenHash)
        .where('usedAt', 'is', null)
        .where('withdrawnAt', 'is', null)
        .where('expiresAt', '>', now)
        .executeTakeFirst(),
    /** Resolves to true for exactly one caller. */
    use: async (id: string, usedAt: EpochMs): Promise<boolean> => {
      const used = await db
        .updateTable('invitations')
        .set({ usedAt })
        .where('id', '=', id)
        .where('usedAt', 'is', null)
        .where('withdrawnAt', 'is', null)
        .executeTakeFirst()
      return used.numUpdatedRows > 0n
    },
    withdraw: async (id: string, withdrawnAt: EpochMs): Promise<boolean> => {
      const withdrawn = await db
        .updateTable('invitations')
        .set({ withdrawnAt })
        .where('id', '=', id)
        .where('usedAt', 'is', null)
        .where('withdrawnAt', 'is', null)
        .executeTakeFirst()
      return withdrawn.numUpdatedRows > 0n
    },
  }
}
