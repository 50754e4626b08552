import { afterAll, beforeAll, expect, test } from 'vitest'
import { Seq } from '#contract/ids.ts'
import { later, minutes } from '#contract/instant.ts'
import { createEventStore, eventProjection } from '../../../cloud/fleet/event-store.ts'
import type { JournalEntry } from '../../../cloud/ingest/journal-entry.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { createSqlDatabase, migrated, type SqlDatabase } from '../../support/sql-databases.ts'
import { frameOf, GATEWAY, STREAM, T0, VEHICLE } from '../history/history-support.ts'

let database: SqlDatabase
let postgres: Postgres
beforeAll(async () => {
  database = await createSqlDatabase('PGlite')
  postgres = await migrated(database)
})
afterAll(() => database.close())

const DAY = minutes(24 * 60)
/** A frame stamped a day ahead that came so many minutes after the first one. */
const ahead = (seq: number, minute: number): JournalEntry => {
  const receivedAt = later(T0, minutes(minute))
  const record = frameOf(later(receivedAt, DAY))
  return { position: seq, gateway: GATEWAY, stream: STREAM, seq: Seq.parse(seq), receivedAt, record }
}

test('a clock that is a day ahead is an event of the moment it spoke, once an hour, also when that is told again', async () => {
  const projection = () =>
    eventProjection({
      inTransaction: postgres.inTransaction,
      eventStore: createEventStore,
      cameTo: async () => {},
      vehicleOf: (_, at) => (at < later(T0, DAY) ? VEHICLE : undefined),
      alert: () => expect.fail('nobody is to be woken'),
    })
  const entries = [ahead(1, 0), ahead(2, 59), ahead(3, 60), { ...ahead(4, 61), record: frameOf(T0) }, ahead(5, 121)]
  const first = projection()
  await first.apply(entries.slice(0, 2))
  await first.apply(entries.slice(2))
  await projection().apply(entries)
  const rows = await postgres.db
    .selectFrom('events')
    .select(['name', 'at', 'vehicleId', 'seq'])
    .orderBy('seq')
    .execute()
  expect(rows).toEqual([
    { name: 'clock-ahead', at: T0, vehicleId: VEHICLE, seq: 1 },
    { name: 'clock-ahead', at: later(T0, minutes(60)), vehicleId: VEHICLE, seq: 3 },
    { name: 'clock-ahead', at: later(T0, minutes(121)), vehicleId: VEHICLE, seq: 5 },
  ])
})
