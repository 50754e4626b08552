import type { GatewayId } from '#contract/ids.ts'
import { type EpochMs, Instant, minutes } from '#contract/instant.ts'
import type { JournalEntry, Projection } from '../ingest/journal-entry.ts'
import { isFarAhead } from '../ingest/stamp.ts'
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
const KEEP_EVERY = 20_000

/** How often a wrong clock is told of while it goes on. */
const CLOCK_TOLD_EVERY = minutes(60)

/** The consumer of the journal that fills the table of events. */
export function eventProjection(deps: ProjectionDeps): Projection {
  let kept = 0
  /** When a gateway's clock was last told of. */
  let clocksTold: ReadonlyMap<GatewayId, EpochMs> = new Map()
  return {
    name: 'events',
    apply: async (entries) => {
      const told = new Map(clocksTold)
      const events = entries.flatMap(
        (entry) => eventOf(entry, deps.vehicleOf) ?? clockOf(entry, deps.vehicleOf, told) ?? [],
      )
      const position = entries.at(-1)?.position ?? 0
      if (events.length === 0 && position - kept < KEEP_EVERY) return
      await deps.inTransaction(async (db) => {
        await deps.eventStore(db).add(events)
        await deps.cameTo(db, position)
      })
      kept = position
      clocksTold = told
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

/** A frame of a clock that cannot be right is an event of the moment it came; its number is that frame's. */
function clockOf(
  { gateway, stream, seq, receivedAt, record }: JournalEntry,
  vehicleOf: GatewayRegistry['vehicleOf'],
  told: Map<GatewayId, EpochMs>,
): NewEvent | undefined {
  if (record.kind !== 'frame' || !isFarAhead(record.readAt, receivedAt)) return undefined
  if (receivedAt - (told.get(gateway) ?? 0) < CLOCK_TOLD_EVERY) return undefined
  told.set(gateway, receivedAt)
  const vehicleId = vehicleOf(gateway, receivedAt) ?? null
  const data = { readAt: record.readAt, timeQuality: record.timeQuality }
  return { gatewayId: gateway, stream, seq, vehicleId, name: 'clock-ahead', at: receivedAt, receivedAt, data }
}
