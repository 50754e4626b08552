import { createHash, randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import pg from 'pg'
import { GatewayId, StreamId } from '#contract/ids.ts'
import { createMigrationService } from '../../cloud/postgres/migration-service.ts'
import { createPostgres } from '../../cloud/postgres/postgres-client.ts'
import type { LoadGateway } from './load-plan.ts'
import { silentLog } from './silent-log.ts'
import { systemClock } from './system-clock.ts'

/** Of every gateway made or named here. */
export const PASSWORD = 'for tests only'

/**
 * So many gateways in so many vehicles, as an installation that has claimed and sealed them all; each with one stream. `named` are
 * known too, with the same password, and answered for by somebody else.
 */
export async function seedFleet(
  databaseUrl: string,
  count: number,
  named: readonly GatewayId[] = [],
): Promise<readonly LoadGateway[]> {
  const postgres = createPostgres({ databaseUrl, dataDir: tmpdir(), log: silentLog })
  await createMigrationService({ ...postgres, clock: systemClock, log: silentLog }).migrate()
  await postgres.close()
  const hash = createHash('sha256').update(PASSWORD).digest('hex')
  const made = Array.from({ length: count }, (_, index) => GatewayId.parse(`gw-load${String(index).padStart(8, '0')}`))
  const gateways = [...made, ...named].map((id, index) => ({
    id,
    stream: StreamId.parse(randomUUID()),
    vehicle: randomUUID(),
    plate: `Н${index}ГР`,
  }))
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const [ids, vehicles, plates] = [
    gateways.map(({ id }) => id),
    gateways.map(({ vehicle }) => vehicle),
    gateways.map(({ plate }) => plate),
  ]
  await client.query(
    `insert into vehicles (id, plate, model, created_at) select id, plate, 'Load', 0 from unnest($1::uuid[], $2::text[]) as v (id, plate)`,
    [vehicles, plates],
  )
  await client.query(
    `insert into gateways (id, vehicle_id, created_at, created_by, claimed_at, password_hash, seal_changed_at, sealed_by)
     select id, vehicle, 0, 'load', 0, $3, 1, 'load' from unnest($1::text[], $2::uuid[]) as g (id, vehicle)`,
    [ids, vehicles, hash],
  )
  await client.query(
    `insert into gateway_assignments (gateway_id, vehicle_id, from_at)
     select id, vehicle, 0 from unnest($1::text[], $2::uuid[]) as g (id, vehicle)`,
    [ids, vehicles],
  )
  await client.end()
  return gateways.slice(0, count).map(({ id, stream }) => ({ id, stream, password: PASSWORD }))
}
