import { sql } from 'kysely'
import type { GatewayId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { GatewayClaimed, UnlockCodeGiven } from '../decisions/decision.ts'
import type { UnlockSecretRow } from '../postgres/fleet-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'

export type UnlockStore = ReturnType<typeof createUnlockStore>

/** The sealed secret of each gateway, how far its codes are spent, and who was given one. */
export function createUnlockStore(db: Db) {
  return {
    /** Locked against other transactions until this one ends. */
    findLocked: (gateway: GatewayId): Promise<UnlockSecretRow | undefined> =>
      db.selectFrom('unlockSecrets').selectAll().where('gatewayId', '=', gateway).forUpdate().executeTakeFirst(),
    /** The gateway has taken this code; `heardAt` keeps words about an earlier secret out. */
    keepUsed: (gateway: GatewayId, counter: number, heardAt: EpochMs) =>
      db
        .updateTable('unlockSecrets')
        .set({
          usedThrough: sql<number>`greatest(used_through, ${counter}::bigint)`,
          nextCounter: sql<number>`greatest(next_counter, ${counter + 1}::bigint)`,
        })
        .where('gatewayId', '=', gateway)
        .where('claimedAt', '<=', heardAt)
        .execute(),

    /** A new secret at every claim, its codes from the first on; harmless when it is there already. */
    applyClaimed: async ({ gatewayId, unlockSecret: sealed, at: claimedAt }: GatewayClaimed): Promise<void> => {
      if (sealed === undefined) return
      const fresh = { sealed, claimedAt, nextCounter: 0, usedThrough: -1 }
      await db
        .insertInto('unlockSecrets')
        .values({ gatewayId, ...fresh })
        .onConflict((it) => it.column('gatewayId').doUpdateSet(fresh).where('unlockSecrets.claimedAt', '<', claimedAt))
        .execute()
    },
    applyGiven: async ({ codeId: id, vehicleId, gatewayId, counter, note, by, at }: UnlockCodeGiven): Promise<void> => {
      await db
        .updateTable('unlockSecrets')
        .set({ nextCounter: sql<number>`greatest(next_counter, ${counter + 1}::bigint)` })
        .where('gatewayId', '=', gatewayId)
        .where('claimedAt', '<=', at)
        .execute()
      await db
        .insertInto('unlockCodes')
        .values({ id, vehicleId, gatewayId, counter, note, givenByName: by.name, givenAt: at })
        .onConflict((it) => it.doNothing())
        .execute()
    },
  }
}
