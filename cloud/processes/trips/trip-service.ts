import { type EpochMs, later, minutes } from '#contract/instant.ts'
import type { World } from '../../world.ts'
import type { Incoming } from '../inbox/webhook.ts'
import type { Definitions } from '../notation/definitions.ts'
import { stagesWaiting, TRIP_STARTED } from './trip.ts'
import type { TripStore } from './trip-store.ts'

type Deps = Pick<World, 'clock'> & {
  readonly trips: TripStore
  readonly definitions: () => Promise<Definitions | undefined>
  readonly take: (incoming: Incoming, now: EpochMs) => Promise<unknown>
}

/** A car that drove longer ago than this does not tell that it drives. */
const FRESH = minutes(10)
const AT_ONCE = 1000
/** A card that could not move (a field is missing) is told again in the next hour, not every time. */
const TOLD_AGAIN_MS = 3_600_000

/** Tells cards that wait for it of the first trip of their car. */
export function createTripService({ clock, trips, definitions, take }: Deps) {
  return {
    /** Looks once; answers how many cars drive. The same trip told twice is one event, also by two instances. */
    look: async (): Promise<number> => {
      const known = await definitions()
      if (known === undefined) return 0
      const now = clock.now()
      const found = await trips.trips(stagesWaiting(known), later(now, -FRESH), AT_ONCE)
      for (const { card, enteredAt, vehicle, at } of found)
        await take(
          {
            event: TRIP_STARTED,
            key: `trip ${card} ${enteredAt} ${Math.floor(at / TOLD_AGAIN_MS)}`,
            payload: {},
            happenedAt: at,
            about: { card, vehicle },
          },
          now,
        )
      return found.length
    },
  }
}
