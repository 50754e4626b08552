import { Instant } from '#contract/instant.ts'
import type { JournalEntry, Projection } from '../ingest/journal-entry.ts'
import type { Alert } from '../live/live-message.ts'
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
  readonly alert: (alert: Alert) => void
}

/** What the car itself raises and a person should see at once. */
const ALERTS: ReadonlySet<string> = new Set([
  'stuck-relay',
  'bypass-suspected',
  'tow-suspected',
  'bus-tamper',
  'power-cut',
])

/** Where nothing happened the place is kept this rarely: an order's report need not wait for it. */
const KEEP_EVERY = 500

/** The consumer of the journal that fills the table of events. */
export function eventProjection(deps: ProjectionDeps): Projection {
  let kept = 0
  return {
    name: 'events',
    apply: async (entries) => {
      const events = entries.flatMap((entry) => eventOf(entry, deps.vehicleOf) ?? [])
      const position = entries.at(-1)?.position ?? 0
      if (events.length === 0 && position - kept < KEEP_EVERY) return
      await deps.inTransaction(async (db) => {
        await deps.eventStore(db).add(events)
        await deps.cameTo(db, position)
      })
      kept = position
      for (const alert of events.flatMap((event) => alertOf(event) ?? [])) deps.alert(alert)
    },
  }
}

/** The record's own number is the alert's: told twice, it is one. */
function alertOf({ stream, seq, vehicleId, name, at, data }: NewEvent): Alert | undefined {
  if (vehicleId === null || !ALERTS.has(name)) return undefined
  return { id: `${stream} ${seq}`, vehicleId, kind: name, at: Instant.encode(at), data: { ...data } }
}

function eventOf(entry: JournalEntry, vehicleOf: GatewayRegistry['vehicleOf']): NewEvent | undefined {
  const { gateway, stream, seq, receivedAt, record } = entry
  if (record.kind !== 'event') return undefined
  const { name, at, data } = record
  return { gatewayId: gateway, stream, seq, vehicleId: vehicleOf(gateway, at) ?? null, name, at, receivedAt, data }
}
