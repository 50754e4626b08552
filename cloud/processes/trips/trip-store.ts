import { type SqlBool, sql } from 'kysely'
import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import { sourceKind } from '../../history/source.ts'
import type { Db } from '../../postgres/postgres-client.ts'
import { isDriven, type WaitingStage } from './trip.ts'

export type Trip = {
  readonly card: string
  readonly enteredAt: number
  readonly vehicle: VehicleId
  readonly at: EpochMs
}
export type TripStore = ReturnType<typeof createTripStore>

/** Cards that wait for their car to drive, and whose car does, by the newest word of its own gateway. */
export function createTripStore(db: Db) {
  return {
    /** Words older than `since`, words of the time before the card came to its stage, and doubted signals say nothing. */
    trips: async (stages: readonly WaitingStage[], since: EpochMs, limit: number): Promise<readonly Trip[]> => {
      if (stages.length === 0) return []
      const rows = await db
        .selectFrom('cards')
        .innerJoin('cardLinks', (join) =>
          join.onRef('cardLinks.card', '=', 'cards.id').on('cardLinks.entity', '=', 'vehicle'),
        )
        .innerJoin('lastKnown', (join) => join.on(sql<SqlBool>`last_known.vehicle_id::text = card_links.record`))
        .leftJoin('signalDoubts', 'signalDoubts.vehicleId', 'lastKnown.vehicleId')
        .select(['cards.id as card', 'cards.enteredAt', 'lastKnown.vehicleId as vehicle'])
        .select(['lastKnown.readAt as at', 'lastKnown.frame', 'lastKnown.gatewayId as gateway'])
        .where('cards.closedAt', 'is', null)
        .where('signalDoubts.vehicleId', 'is', null)
        .where('lastKnown.readAt', '>', since)
        .whereRef(sql`last_known.read_at`, '>', sql`cards.entered_at`)
        .where(sql<SqlBool>`last_known.frame ->> 'ignition' = 'true'`)
        .where(({ or, and, eb }) =>
          or(
            stages.map(({ pipeline, stage }) =>
              and([eb('cards.pipeline', '=', pipeline), eb('cards.stage', '=', stage)]),
            ),
          ),
        )
        .orderBy('cards.enteredAt')
        .limit(limit)
        .execute()
      return rows
        .filter(({ frame, gateway }) => sourceKind(gateway) === 'gateway' && isDriven(frame))
        .map(({ card, enteredAt, vehicle, at }) => ({ card, enteredAt, vehicle, at }))
    },
  }
}
