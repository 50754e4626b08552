import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { Postgres } from '../../cloud/postgres/postgres-client.ts'
import { createSqlDatabase, emptied, migrated, type SqlDatabase, type SqlKind } from './sql-databases.ts'
import { openVehicleHouse, type VehicleHouse } from './vehicle-house.ts'

export type GivenHouse = { readonly postgres: Postgres; readonly dataDir: string; readonly house: VehicleHouse }

/**
 * To be called in `describe`: one database for all its tests, and for each test an empty one with a new house on it.
 * A test that opens another in its place says by `present` which one is to be stopped.
 */
export function vehicleHouseForEach(
  kind: SqlKind,
  given: (given: GivenHouse) => unknown,
  present?: () => VehicleHouse,
): void {
  let database: SqlDatabase
  let postgres: Postgres
  let own: Omit<GivenHouse, 'postgres'>
  beforeAll(async () => {
    database = await createSqlDatabase(kind)
    postgres = await migrated(database)
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'kordon-house-'))
    await emptied(postgres)
    own = { dataDir, house: await openVehicleHouse(postgres, { dataDir }) }
    await given({ ...own, postgres })
  })
  afterEach(async () => {
    await (present?.() ?? own.house).stop()
    rmSync(own.dataDir, { recursive: true })
  })
}
