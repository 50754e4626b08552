import type { GatewayId, VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { ConfigurationReportRow, ConfigurationRow } from '../postgres/configuration-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'

export type ConfigurationStore = ReturnType<typeof createConfigurationStore>

type NewConfiguration = Omit<ConfigurationRow, 'document' | 'jws'> & { readonly document: object }
type NewReport = Omit<ConfigurationReportRow, 'errors' | 'document'> & {
  readonly errors: readonly string[]
  readonly document: object | null
}

/** What is wanted of each gateway, and what it said; versions are never changed, and never given twice. */
export function createConfigurationStore(db: Db) {
  return {
    newest: (gateway: GatewayId): Promise<ConfigurationRow | undefined> =>
      db
        .selectFrom('configurations')
        .selectAll()
        .where('gatewayId', '=', gateway)
        .orderBy('version', 'desc')
        .limit(1)
        .executeTakeFirst(),
    /** Those below `below`, newest first. */
    versions: (gateway: GatewayId, below: number, limit: number): Promise<ConfigurationRow[]> =>
      db
        .selectFrom('configurations')
        .selectAll()
        .where('gatewayId', '=', gateway)
        .where('version', '<', below)
        .orderBy('version', 'desc')
        .limit(limit)
        .execute(),
    /** What gateways of this vehicle said since then that may be of a test of the relay. */
    testEvents: (vehicle: VehicleId, since: EpochMs) =>
      db
        .selectFrom('events')
        .select(['name', 'data', 'receivedAt'])
        .where('gatewayId', 'in', (of) => of.selectFrom('gateways').select('id').where('vehicleId', '=', vehicle))
        .where('name', 'in', ['relay-test', 'block-released'])
        .where('receivedAt', '>', since)
        .execute(),
    /** The newest of each gateway. */
    allNewest: (): Promise<ConfigurationRow[]> =>
      db
        .selectFrom('configurations')
        .selectAll()
        .distinctOn('gatewayId')
        .orderBy('gatewayId')
        .orderBy('version', 'desc')
        .execute(),
    /** False when another person was quicker with this version. */
    add: async ({ document, ...row }: NewConfiguration): Promise<boolean> => {
      const added = await db
        .insertInto('configurations')
        .values({ ...row, jws: null, document: JSON.stringify(document) })
        .onConflict((it) => it.doNothing())
        .executeTakeFirst()
      return (added.numInsertedOrUpdatedRows ?? 0n) > 0n
    },
    keepSigned: (gateway: GatewayId, version: number, jws: string) =>
      db
        .updateTable('configurations')
        .set({ jws })
        .where('gatewayId', '=', gateway)
        .where('version', '=', version)
        .execute(),
    report: (gateway: GatewayId): Promise<ConfigurationReportRow | undefined> =>
      db.selectFrom('configurationReports').selectAll().where('gatewayId', '=', gateway).executeTakeFirst(),
    keepReport: async ({ errors, document, ...row }: NewReport): Promise<void> => {
      const values = {
        ...row,
        errors: JSON.stringify(errors),
        document: document === null ? null : JSON.stringify(document),
      }
      const { gatewayId: _same, ...changed } = values
      await db
        .insertInto('configurationReports')
        .values(values)
        .onConflict((it) => it.column('gatewayId').doUpdateSet(changed))
        .execute()
    },
    /** The gateway has said that its wiring is no longer the one that was sealed. */
    breakSeal: (gateway: GatewayId, at: ConfigurationReportRow['at']) =>
      db
        .updateTable('gateways')
        .set({ sealChangedAt: at, sealedBy: null, sealNote: null })
        .where('id', '=', gateway)
        .where('sealedBy', 'is not', null)
        .where('sealChangedAt', '<', at)
        .executeTakeFirst(),
  }
}
