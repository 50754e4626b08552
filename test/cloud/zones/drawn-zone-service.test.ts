import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { minutes, seconds } from '#contract/instant.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { createDrawnZoneService } from '../../../cloud/zones/drawn-zone-service.ts'
import { createDrawnZoneStore } from '../../../cloud/zones/drawn-zone-store.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'
import { createSqlDatabase, migrated, type SqlDatabase } from '../../support/sql-databases.ts'

const owner = { login: 'owner', parks: 'all' } as const

let database: SqlDatabase
let postgres: Postgres
beforeAll(async () => {
  database = await createSqlDatabase('PGlite')
  postgres = await migrated(database)
})
afterAll(() => database.close())

const clock = createManualClock()
const instance = () =>
  createDrawnZoneService({
    clock,
    log: silentLog,
    uuid: randomUUID,
    db: postgres.db,
    inTransaction: postgres.inTransaction,
    drawnZoneStore: createDrawnZoneStore,
    parkExists: async () => true,
  })
const yard = (name: string) =>
  ({
    kind: 'never_block',
    name,
    parkId: null,
    note: '',
    area: { circle: { lat: 55.75, lon: 37.62, radiusM: 200 } },
  }) as const

test('what another instance drew is judged by within seconds, though the wall clock was set back an hour', async () => {
  const [here, there] = [instance(), instance()]
  await here.map()

  clock.jumpWall(-minutes(60))
  const zone = await there.draw(yard('Двор'), owner)
  await clock.advance(seconds(5))

  expect((await here.map()).find(zone.id)?.name).toBe('Двор')
})

test('a zone that is redrawn or put away after the wall clock was set back counts as it is now', async () => {
  const here = instance()
  const zone = await here.draw(yard('Двор'), owner)
  await here.draw(yard('Другой двор'), owner)
  await here.map()

  clock.jumpWall(-minutes(60))
  const redrawn = await here.redraw(zone.id, zone.version, yard('Новый двор'), owner)
  expect((await here.map()).find(zone.id)?.name).toBe('Новый двор')
  await here.archive(zone.id, redrawn.version, owner)
  expect((await here.map()).find(zone.id)).toBeUndefined()
})
