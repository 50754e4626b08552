import { sql } from 'kysely'
import { z } from 'zod'
import type { VehicleId } from '#contract/ids.ts'
import { EpochMs, later, minutes } from '#contract/instant.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { WITNESS_EVENTS, type Witness } from './blank.ts'

export type WitnessStore = ReturnType<typeof createWitnessStore>

const LostTime = z.object({ since: EpochMs, until: EpochMs })

/** What events and connections say of a vehicle's time; an hour more on either side, for what is told late. */
export function createWitnessStore(db: Db) {
  const around = minutes(60)
  return {
    of: async (vehicleId: VehicleId, from: EpochMs, to: EpochMs): Promise<Omit<Witness, 'outages'>> => {
      const events = await db
        .selectFrom('events')
        .select(['name', 'at', 'data'])
        .where('vehicleId', '=', vehicleId)
        .where('name', 'in', WITNESS_EVENTS)
        .where('at', '>=', later(from, -around))
        // A full outbox thins, and says so, days after the frames; as JSON any value compares, whatever a gateway put there.
        .where(
          sql<boolean>`(at <= ${later(to, around)} or (name = 'gap' and data->'since' <= ${String(to)}::jsonb and data->'until' >= ${String(from)}::jsonb))`,
        )
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
      const fitted = await db
        .selectFrom('gatewayAssignments')
        .select(['fromAt as from', 'untilAt as to'])
        .where('vehicleId', '=', vehicleId)
        .orderBy('fromAt')
        .execute()
      return {
        events: events.map(({ name, at, data }) => ({ name, at, lost: LostTime.safeParse(data).data })),
        connections: connections.reverse(),
        fitted,
      }
    },
  }
}
