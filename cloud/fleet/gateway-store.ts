import { type ExpressionBuilder, type ExpressionWrapper, type SqlBool, sql } from 'kysely'
import type { GatewayId, VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type {
  GatewayAdded,
  GatewayClaimed,
  GatewayRenewed,
  GatewayRevoked,
  GatewaySealed,
} from '../decisions/decision.ts'
import type { CommissioningSheetRow } from '../postgres/configuration-tables.ts'
import type { ClaimCodeRow, GatewayCertificateRow } from '../postgres/fleet-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { Tables } from '../postgres/tables.ts'
import { type GatewayRegistry, gatewayRegistry } from './gateway-registry.ts'
import type { StatusWord } from './status-words.ts'

type Which = (
  row: ExpressionBuilder<Tables, 'gatewayCertificates'>,
) => ExpressionWrapper<Tables, 'gatewayCertificates', SqlBool>

export type GatewayStore = ReturnType<typeof createGatewayStore>

export function createGatewayStore(db: Db) {
  /** Ends every assignment of this gateway and of this vehicle that still runs. */
  const endAssignments = (gateway: GatewayId, vehicle: VehicleId | undefined, at: EpochMs) =>
    db
      .updateTable('gatewayAssignments')
      .set({ untilAt: at })
      .where('untilAt', 'is', null)
      .where((or) =>
        or.or([or('gatewayId', '=', gateway), ...(vehicle === undefined ? [] : [or('vehicleId', '=', vehicle)])]),
      )
      .execute()

  const keepCertificate = (row: GatewayCertificateRow) =>
    db
      .insertInto('gatewayCertificates')
      .values(row)
      .onConflict((it) => it.doNothing())
      .execute()
  /** Those of this gateway that still count, all of them or a part, count no more. */
  const retire = (gateway: GatewayId, at: EpochMs, which?: Which) => {
    const all = db
      .updateTable('gatewayCertificates')
      .set({ retiredAt: at })
      .where('gatewayId', '=', gateway)
      .where('retiredAt', 'is', null)
    return (which === undefined ? all : all.where(which)).execute()
  }

  return {
    registry: async (): Promise<GatewayRegistry> =>
      gatewayRegistry(
        await db.selectFrom('gateways').selectAll().orderBy('createdAt').orderBy('id').execute(),
        await db.selectFrom('gatewayAssignments').selectAll().orderBy('fromAt').execute(),
        await db.selectFrom('gatewayCertificates').selectAll().orderBy('issuedAt').orderBy('serial').execute(),
      ),

    /** A new code; the gateway's earlier ones are void from now on. */
    addClaimCode: async (code: Omit<ClaimCodeRow, 'usedAt' | 'usedByKey'>): Promise<void> => {
      await db.deleteFrom('claimCodes').where('gatewayId', '=', code.gatewayId).execute()
      await db.insertInto('claimCodes').values(code).execute()
    },
    /**
     * Takes a code out of circulation and answers its gateway; undefined when there is none such, it is out of date, or
     * it was used by another key. The same key may repeat its claim: the answer may have been lost on the way.
     */
    useClaimCode: async (codeHash: string, key: string, now: EpochMs): Promise<GatewayId | undefined> => {
      const used = await db
        .updateTable('claimCodes')
        .set({ usedAt: now, usedByKey: key })
        .where('codeHash', '=', codeHash)
        .where('expiresAt', '>', now)
        .where((or) => or.or([or('usedAt', 'is', null), or('usedByKey', '=', key)]))
        .returning('gatewayId')
        .executeTakeFirst()
      return used?.gatewayId
    },

    /**
     * Connections as of `statusAt` (our clock); a change is kept for the timeline. What another instance heard since then stands;
     * a moment that has not come yet is of a clock that was set back, and does not.
     */
    keepStatuses: async (words: readonly StatusWord[], now: EpochMs): Promise<void> => {
      const column = <Key extends keyof StatusWord>(key: Key) => words.map((word) => word[key])
      // Locked in one order, so that instances that hear the same do not wait for each other for ever.
      await sql`
        with words as (
          select * from unnest(${column('gatewayId')}::text[], ${column('online')}::boolean[], ${column('statusAt')}::bigint[],
            ${column('software')}::text[], ${column('vehicleId')}::uuid[]) as w (id, online, at, software, vehicle_id)
        ), locked as materialized (
          select g.id from gateways g where g.id in (select id from words) order by g.id for update
        ), changed as (
          update gateways g set online = w.online, status_at = w.at, software = w.software
          from words w join locked on locked.id = w.id
          where g.id = w.id and (g.online, g.software) is distinct from (w.online, w.software)
            and (g.status_at is null or g.status_at <= w.at or g.status_at > ${now})
          returning w.*
        )
        insert into gateway_statuses (gateway_id, at, online, software, vehicle_id)
        select id, at, online, software, vehicle_id from changed on conflict do nothing`.execute(db)
    },

    keepSheet: (sheet: CommissioningSheetRow) =>
      db
        .insertInto('commissioningSheets')
        .values(sheet)
        .onConflict((it) => it.doNothing())
        .execute(),

    forgetOnline: () => db.updateTable('gateways').set({ online: null }).where('online', '=', true).execute(),

    /** Harmless when the gateway is there already. */
    applyAdded: ({ gatewayId: id, vehicleId, by: createdBy, at: createdAt }: GatewayAdded) =>
      db
        .insertInto('gateways')
        .values({ id, vehicleId, createdBy, createdAt })
        .onConflict((it) => it.doNothing())
        .execute(),
    /**
     * The gateway is in the vehicle from now on, and whichever was there before is not. Claimed again, it may be other
     * hardware: that breaks the seal.
     */
    applyClaimed: async (claim: GatewayClaimed): Promise<void> => {
      const { gatewayId, vehicleId, at, passwordHash, certificateSerial, certificateExpiresAt } = claim
      const gateway = await db.selectFrom('gateways').selectAll().where('id', '=', gatewayId).executeTakeFirst()
      if (gateway === undefined || (gateway.claimedAt !== null && gateway.claimedAt > at)) return
      const broken = gateway.claimedAt !== null && gateway.claimedAt < at ? { sealChangedAt: at, sealedBy: null } : {}
      await db
        .updateTable('gateways')
        .set({ claimedAt: at, vehicleId, passwordHash, certificateSerial, certificateExpiresAt, ...broken })
        .where('id', '=', gatewayId)
        .execute()
      // Claimed again, it may be other hardware: whatever was granted before counts no more.
      await retire(gatewayId, at, (row) => row('issuedAt', '<', at))
      if (certificateSerial !== null && certificateExpiresAt !== null)
        await keepCertificate({
          serial: certificateSerial,
          gatewayId,
          issuedAt: at,
          expiresAt: certificateExpiresAt,
          retiredAt: gateway.revokedAt,
        })
      const open = await db
        .selectFrom('gatewayAssignments')
        .select('gatewayId')
        .where('gatewayId', '=', gatewayId)
        .where('vehicleId', '=', vehicleId)
        .where('untilAt', 'is', null)
        .executeTakeFirst()
      if (open !== undefined || gateway.revokedAt !== null) return
      await endAssignments(gatewayId, vehicleId, at)
      await db.insertInto('gatewayAssignments').values({ gatewayId, vehicleId, fromAt: at, untilAt: null }).execute()
    },
    /** Harmless the second time. What was granted before the certificate that asks is of no use any more. */
    applyRenewed: async (renewal: GatewayRenewed): Promise<void> => {
      const { gatewayId, at, certificateSerial: serial, certificateExpiresAt: expiresAt, askedBy } = renewal
      const gateway = await db.selectFrom('gateways').selectAll().where('id', '=', gatewayId).executeTakeFirst()
      const asking = await db
        .selectFrom('gatewayCertificates')
        .selectAll()
        .where('serial', '=', askedBy)
        .where('gatewayId', '=', gatewayId)
        .executeTakeFirst()
      if (gateway === undefined || asking === undefined) return
      await keepCertificate({ serial, gatewayId, issuedAt: at, expiresAt, retiredAt: asking.retiredAt })
      await retire(gatewayId, at, (row) => row('issuedAt', '<', asking.issuedAt))
      if (asking.retiredAt !== null) return
      await db
        .updateTable('gateways')
        .set({ certificateSerial: serial, certificateExpiresAt: expiresAt })
        .where('id', '=', gatewayId)
        .execute()
    },
    /** The newest word about the seal wins. */
    applySealed: ({ gatewayId, by, note, at }: GatewaySealed) =>
      db
        .updateTable('gateways')
        .set({ sealChangedAt: at, sealedBy: by, sealNote: note })
        .where('id', '=', gatewayId)
        .where((or) => or.or([or('sealChangedAt', 'is', null), or('sealChangedAt', '<', at)]))
        .execute(),
    applyRevoked: async ({ gatewayId, by, at }: GatewayRevoked): Promise<void> => {
      const revoked = await db
        .updateTable('gateways')
        .set({ revokedAt: at, revokedBy: by, passwordHash: null })
        .where('id', '=', gatewayId)
        .where('revokedAt', 'is', null)
        .executeTakeFirst()
      if (revoked.numUpdatedRows === 0n) return
      await retire(gatewayId, at)
      await endAssignments(gatewayId, undefined, at)
      await db.deleteFrom('claimCodes').where('gatewayId', '=', gatewayId).execute()
    },
  }
}
