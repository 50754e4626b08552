import type { VehicleId } from '#contract/ids.ts'
import { type EpochMs, later, minutes } from '#contract/instant.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { WITNESS_EVENTS, type Witness } from './blank.ts'

export type WitnessStore = ReturnType<typeof createWitnessStore>

/** What events and connections say of a vehicle's time; an hour more on either side, for what is told late. */
export function createWitnessStore(db: Db) {
  const around = minutes(60)
  return {
    of: async (vehicleId: VehicleId, from: EpochMs, to: EpochMs): Promise<Omit<Witness, 'outages'>> => {
      const events = await db
        .selectFrom('events')
        .select(['name', 'at'])
        .where('vehicleId', '=', vehicleId)
        .where('name', 'in', WITNESS_EVENTS)
        .where('at', '>=', later(from, -around))
        .where('at', '<=', later(to, around))
        .orderBy('at')
        .execute()
      const connections = await db
        .selectFrom('gatewayStatuses')
        .select(['at', 'online'])
        .where('vehicleId', '=', vehicleId)
        .where('at', '<=', later(to, around))
        .orderBy('at', 'desc')
        .limit(5000)
        .execute()
      return { events, connections: connections.reverse() }
    },
  }
}
