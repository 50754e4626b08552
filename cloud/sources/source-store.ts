import { sql } from 'kysely'
import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { PaperCheckRow, SourceStateRow } from '../postgres/source-tables.ts'
import type { PaperWord } from './paper-answer.ts'

export type SourceStore = ReturnType<typeof createSourceStore>
/** A car as a source may be asked about it. */
export type FleetCar = {
  readonly id: VehicleId
  readonly plate: string
  readonly vin: string | null
  readonly sts: string | null
}

/** What sources said of papers, and how each of them does. */
export function createSourceStore(db: Db) {
  const cars = () =>
    db
      .selectFrom('vehicles')
      .leftJoin('vehicleCards', 'vehicleCards.vehicleId', 'vehicles.id')
      .select(['vehicles.id', 'vehicles.plate', 'vehicleCards.vin', 'vehicleCards.sts'])
  return {
    car: (id: VehicleId): Promise<FleetCar | undefined> => cars().where('vehicles.id', '=', id).executeTakeFirst(),
    /** Cars of a turn, after the one it has come to. */
    carsAfter: (place: VehicleId | null, limit: number): Promise<readonly FleetCar[]> => {
      const all = cars().orderBy('vehicles.id').limit(limit)
      return (place === null ? all : all.where('vehicles.id', '>', place)).execute()
    },
    /** Cars that a source was never asked about, or not since; of those it could say nothing about, not since the later moment. */
    carsDue: (source: string, since: EpochMs, unknownSince: EpochMs, limit: number): Promise<readonly FleetCar[]> =>
      cars()
        .leftJoin(
          (eb) =>
            eb
              .selectFrom('paperChecks')
              .select('vehicleId')
              .select(({ fn }) => fn.min('triedAt').as('triedAt'))
              .select(sql<boolean>`bool_or(outcome = 'unknown')`.as('unknown'))
              .where('source', '=', source)
              .groupBy('vehicleId')
              .as('known'),
          (join) => join.onRef('known.vehicleId', '=', 'vehicles.id'),
        )
        .where(({ or, eb, and }) =>
          or([
            eb('known.triedAt', 'is', null),
            eb('known.triedAt', '<=', since),
            and([eb('known.unknown', '=', true), eb('known.triedAt', '<=', unknownSince)]),
          ]),
        )
        .orderBy(sql`known.tried_at nulls first`)
        .orderBy('vehicles.id')
        .limit(limit)
        .execute(),

    /** An answer takes the place of the one before; no answer leaves what was last known, with its age. */
    keep: async (vehicleId: VehicleId, source: string, word: PaperWord, triedAt: EpochMs): Promise<void> => {
      const tried = { triedAt, outcome: word.outcome, why: word.outcome === 'unknown' ? word.why : '' }
      const answer =
        word.outcome === 'unknown'
          ? {}
          : word.outcome === 'none'
            ? { answeredAt: triedAt, validUntil: null, number: '' }
            : { answeredAt: triedAt, validUntil: word.validUntil, number: word.number }
      const none = { answeredAt: null, validUntil: null, number: '' }
      await db
        .insertInto('paperChecks')
        .values({ vehicleId, kind: word.kind, source, ...none, ...tried, ...answer })
        .onConflict((conflict) =>
          conflict.columns(['vehicleId', 'kind', 'source']).doUpdateSet({ ...tried, ...answer }),
        )
        .execute()
    },
    checksOf: (vehicle: VehicleId): Promise<readonly PaperCheckRow[]> =>
      db
        .selectFrom('paperChecks')
        .selectAll()
        .where('vehicleId', '=', vehicle)
        .orderBy('kind')
        .orderBy('source')
        .execute(),
    /** How many papers each source was asked about, and of how many it could say nothing in its last turn. */
    counts: async () => {
      const rows = await db
        .selectFrom('paperChecks')
        .select('source')
        .select(sql<number>`count(*)::int`.as('asked'))
        .select(sql<number>`count(*) filter (where outcome = 'unknown')::int`.as('unknown'))
        .groupBy('source')
        .execute()
      return new Map(rows.map(({ source, ...row }) => [source, row]))
    },

    state: (source: string): Promise<SourceStateRow | undefined> =>
      db.selectFrom('sourceStates').selectAll().where('source', '=', source).executeTakeFirst(),
    states: (): Promise<readonly SourceStateRow[]> => db.selectFrom('sourceStates').selectAll().execute(),
    note: async (source: string, change: Partial<Omit<SourceStateRow, 'source'>>): Promise<void> => {
      const none = { turnAt: null, place: null, triedAt: null, okAt: null, problem: null, unreadable: 0 }
      await db
        .insertInto('sourceStates')
        .values({ source, ...none, ...change })
        .onConflict((conflict) => conflict.column('source').doUpdateSet(change))
        .execute()
    },
  }
}
