import { sql } from 'kysely'
import type { VehicleId } from '#contract/ids.ts'
import type { RelayStateRow } from '../postgres/fleet-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'

export type RelayStore = ReturnType<typeof createRelayStore>

/** What each vehicle itself last said about its relay. An older word never replaces a newer one. */
export function createRelayStore(db: Db) {
  return {
    of: async (vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, RelayStateRow>> => {
      if (vehicles.length === 0) return new Map()
      const rows = await db.selectFrom('relayStates').selectAll().where('vehicleId', 'in', vehicles).execute()
      return new Map(rows.map((row) => [row.vehicleId, row]))
    },
    vehiclesInhibited: async (): Promise<VehicleId[]> => {
      const rows = await db.selectFrom('relayStates').select('vehicleId').where('relay', '=', 'open').execute()
      return rows.map((row) => row.vehicleId)
    },
    /** At most one row per vehicle. A word of another gateway, now in the vehicle, replaces the former one's. */
    keep: async (rows: readonly RelayStateRow[]): Promise<void> => {
      if (rows.length === 0) return
      await db
        .insertInto('relayStates')
        .values(rows)
        .onConflict((conflict) =>
          conflict
            .column('vehicleId')
            .doUpdateSet((update) => ({
              gatewayId: update.ref('excluded.gatewayId'),
              relay: update.ref('excluded.relay'),
              relayAt: update.ref('excluded.relayAt'),
              source: update.ref('excluded.source'),
            }))
            .where(sql<boolean>`excluded.relay_at >= relay_states.relay_at
              or excluded.gateway_id <> relay_states.gateway_id`),
        )
        .execute()
    },
  }
}
