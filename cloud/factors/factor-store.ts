import type { EpochMs } from '#contract/instant.ts'
import type { PasskeyRow, SignInStepRow, TotpSecretRow } from '../postgres/people-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'

export type Passkey = Omit<PasskeyRow, 'transports'> & { readonly transports: readonly string[] }
export type Step = Omit<SignInStepRow, 'data'> & { readonly data: Readonly<Record<string, unknown>> }

export type FactorStore = ReturnType<typeof createFactorStore>

/** Tables `totp_secrets`, `recovery_codes`, `passkeys` and `sign_in_steps`. */
export function createFactorStore(db: Db) {
  return {
    totp: (accountId: string): Promise<TotpSecretRow | undefined> =>
      db.selectFrom('totpSecrets').selectAll().where('accountId', '=', accountId).executeTakeFirst(),
    /** A secret that was never confirmed gives way to a new one. */
    beginTotp: async (accountId: string, sealed: string, createdAt: EpochMs): Promise<void> => {
      await db
        .insertInto('totpSecrets')
        .values({ accountId, sealed, createdAt, confirmedAt: null, lastStep: 0 })
        .onConflict((it) =>
          it
            .column('accountId')
            .doUpdateSet({ sealed, createdAt, lastStep: 0 })
            .where('totpSecrets.confirmedAt', 'is', null),
        )
        .execute()
    },
    confirmTotp: async (accountId: string, confirmedAt: EpochMs): Promise<void> => {
      await db.updateTable('totpSecrets').set({ confirmedAt }).where('accountId', '=', accountId).execute()
    },
    /** Resolves to true once per step: a code that was used, and any older one, never counts again. */
    takeStep: async (accountId: string, step: number): Promise<boolean> => {
      const taken = await db
        .updateTable('totpSecrets')
        .set({ lastStep: step })
        .where('accountId', '=', accountId)
        .where('lastStep', '<', step)
        .executeTakeFirst()
      return taken.numUpdatedRows > 0n
    },
    removeTotp: async (accountId: string): Promise<boolean> => {
      const gone = await db.deleteFrom('totpSecrets').where('accountId', '=', accountId).executeTakeFirst()
      return gone.numDeletedRows > 0n
    },

    /** The codes of before are void. */
    setRecoveryCodes: async (accountId: string, hashes: readonly string[], createdAt: EpochMs): Promise<void> => {
      await db.deleteFrom('recoveryCodes').where('accountId', '=', accountId).execute()
      if (hashes.length === 0) return
      await db
        .insertInto('recoveryCodes')
        .values(hashes.map((codeHash) => ({ accountId, codeHash, createdAt, usedAt: null })))
        .execute()
    },
    /** Resolves to true for exactly one use of each code. */
    spendRecoveryCode: async (accountId: string, codeHash: string, usedAt: EpochMs): Promise<boolean> => {
      const used = await db
        .updateTable('recoveryCodes')
        .set({ usedAt })
        .where('accountId', '=', accountId)
        .where('codeHash', '=', codeHash)
        .where('usedAt', 'is', null)
        .executeTakeFirst()
      return used.numUpdatedRows > 0n
    },
    recoveryCodesLeft: async (accountId: string): Promise<number> => {
      const rows = await db
        .selectFrom('recoveryCodes')
        .select('codeHash')
        .where('accountId', '=', accountId)
        .where('usedAt', 'is', null)
        .execute()
      return rows.length
    },

    passkeys: (accountId: string): Promise<Passkey[]> =>
      db.selectFrom('passkeys').selectAll().where('accountId', '=', accountId).orderBy('createdAt').execute(),
    passkey: (id: string): Promise<Passkey | undefined> =>
      db.selectFrom('passkeys').selectAll().where('id', '=', id).executeTakeFirst(),
    /** Resolves to false when this key is known already. */
    addPasskey: async (key: Passkey): Promise<boolean> => {
      const added = await db
        .insertInto('passkeys')
        .values({ ...key, transports: JSON.stringify(key.transports) })
        .onConflict((it) => it.doNothing())
        .returning('id')
        .executeTakeFirst()
      return added !== undefined
    },
    usedPasskey: async (id: string, counter: number, lastUsedAt: EpochMs): Promise<void> => {
      await db.updateTable('passkeys').set({ counter, lastUsedAt }).where('id', '=', id).execute()
    },
    removePasskey: async (id: string, accountId: string): Promise<boolean> => {
      const gone = await db
        .deleteFrom('passkeys')
        .where('id', '=', id)
        .where('accountId', '=', accountId)
        .executeTakeFirst()
      return gone.numDeletedRows > 0n
    },
    removeAllOf: async (accountId: string): Promise<void> => {
      await db.deleteFrom('totpSecrets').where('accountId', '=', accountId).execute()
      await db.deleteFrom('passkeys').where('accountId', '=', accountId).execute()
      await db.deleteFrom('recoveryCodes').where('accountId', '=', accountId).execute()
    },

    beginStep: async (step: Step): Promise<void> => {
      await db
        .insertInto('signInSteps')
        .values({ ...step, data: JSON.stringify(step.data) })
        .execute()
    },
    /** Counts the look as a try. Undefined when it is out of date or was tried too often. */
    tryStep: (tokenHash: string, kind: Step['kind'], now: EpochMs, most: number): Promise<Step | undefined> =>
      db
        .updateTable('signInSteps')
        .set((it) => ({ tries: it('tries', '+', 1) }))
        .where('tokenHash', '=', tokenHash)
        .where('kind', '=', kind)
        .where('expiresAt', '>', now)
        .where('tries', '<', most)
        .returningAll()
        .executeTakeFirst(),
    /** Resolves to it for exactly one caller; it is gone afterwards. */
    takeStepOnce: (tokenHash: string, kind: Step['kind'], now: EpochMs): Promise<Step | undefined> =>
      db
        .deleteFrom('signInSteps')
        .where('tokenHash', '=', tokenHash)
        .where('kind', '=', kind)
        .where('expiresAt', '>', now)
        .returningAll()
        .executeTakeFirst(),
    forgetSteps: async (now: EpochMs): Promise<void> => {
      await db.deleteFrom('signInSteps').where('expiresAt', '<=', now).execute()
    },
  }
}
