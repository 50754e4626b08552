import type { JournalEntry, Projection } from '../ingest/journal-entry.ts'
import type { EventRow } from '../postgres/fleet-tables.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { GatewayRegistry } from './gateway-registry.ts'

export type EventStore = ReturnType<typeof createEventStore>

type NewEvent = Omit<EventRow, 'data'> & { readonly data: object }

/** What gateways told that is neither frame nor report; one row per record, however often it comes. */
export function createEventStore(db: Db) {
  return {
    add: async (events: readonly NewEvent[]): Promise<void> => {
      if (events.length === 0) return
      const rows = events.map((event) => ({ ...event, data: JSON.stringify(event.data) }))
      await db
        .insertInto('events')
        .values(rows)
        .onConflict((it) => it.doNothing())
        .execute()
    },
  }
}

type ProjectionDeps = Pick<Postgres, 'inTransaction'> & {
  readonly eventStore: (db: Db) => Pick<EventStore, 'add'>
  /** Keeps, in the same transaction, how far the projection has come. */
  readonly cameTo: (db: Db, position: number) => Promise<unknown>
  readonly vehicleOf: GatewayRegistry['vehicleOf']
}

/** The consumer of the journal that fills the table of events. */
export const eventProjection = ({ inTransaction, eventStore, cameTo, vehicleOf }: ProjectionDeps): Projection => ({
  name: 'events',
  apply: (entries) =>
    inTransaction(async (db) => {
      await eventStore(db).add(entries.flatMap((entry) => eventOf(entry, vehicleOf) ?? []))
      await cameTo(db, entries.at(-1)?.position ?? 0)
    }),
})

function eventOf(entry: JournalEntry, vehicleOf: GatewayRegistry['vehicleOf']): NewEvent | undefined {
  const { gateway, stream, seq, receivedAt, record } = entry
  if (record.kind !== 'event') return undefined
  const { name, at, data } = record
  return { gatewayId: gateway, stream, seq, vehicleId: vehicleOf(gateway, at) ?? null, name, at, receivedAt, data }
}
