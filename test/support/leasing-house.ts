import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import type { BalanceSource } from '../../cloud/balances/balance-source.ts'
import { type ParksInSight, ROLES, Role } from '../../cloud/http/access.ts'
import { createHttp } from '../../cloud/http/app.ts'
import { createIdempotencyStore } from '../../cloud/http/idempotency-store.ts'
import type { JobHandler, Jobs } from '../../cloud/jobs/jobs.ts'
import type { LeasingParts } from '../../cloud/leases/app.ts'
import { createLeasing, type Leasing } from '../../cloud/leases/app.ts'
import type { LeasingEvent } from '../../cloud/leases/leasing-event.ts'
import { createPapers } from '../../cloud/papers/app.ts'
import { MAIN_PARK, ParkId } from '../../cloud/parks/park.ts'
import { createParkStore } from '../../cloud/parks/park-store.ts'
import type { Postgres } from '../../cloud/postgres/postgres-client.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'
import { shippedFields } from './shipped-fields.ts'
import { silentLog } from './silent-log.ts'

type Answer = Awaited<ReturnType<FastifyInstance['inject']>>

/** Drivers, leases, ledger and balances over a database, with the jobs of one instance worked off by hand. */
export type LeasingHouse = {
  readonly leasing: Leasing
  readonly clock: ManualClock
  readonly app: FastifyInstance
  readonly events: LeasingEvent[]
  readonly changed: VehicleId[]
  /** Every job that is done again and again, once; then the events that waited. */
  tick(): Promise<void>
  /** Hands over the events that wait. */
  drain(): Promise<void>
  call(
    role: Role,
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    payload?: object,
    parks?: ParksInSight,
  ): Promise<Answer>
  close(): Promise<void>
}

export async function openLeasingHouse(
  { db, inTransaction }: Pick<Postgres, 'db' | 'inTransaction'>,
  options: {
    readonly clock?: ManualClock
    readonly sources?: readonly BalanceSource[]
    readonly log?: LeasingParts['world']['log']
  } = {},
): Promise<LeasingHouse> {
  const clock = options.clock ?? createManualClock()
  const world = {
    clock,
    log: options.log ?? silentLog,
    uuid: () => randomUUID(),
    randomBytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)),
  }
  const events: LeasingEvent[] = []
  const changed: VehicleId[] = []
  const every: ((stop: AbortSignal) => Promise<void>)[] = []
  const workers = new Map<string, JobHandler>()
  let waiting: { readonly name: string; readonly data: unknown }[] = []
  const jobs: Pick<Jobs, 'every' | 'work' | 'send'> = {
    every: (_name, _when, handler) => void every.push(handler),
    work: (name, handler) => void workers.set(name, handler),
    send: async (name, data) => void waiting.push({ name, data: JSON.parse(JSON.stringify(data)) }),
  }
  // Whoever hands out a car enters its papers first.
  const papers = createPapers({
    db,
    inTransaction,
    world,
    days: async () => ({ warnDays: 30, issueDays: 3 }),
    inSight: createParkStore(db).inSight,
    changed: (vehicle) => void changed.push(vehicle),
  })
  const leasing = createLeasing({
    db,
    inTransaction,
    world,
    jobs,
    sources: options.sources ?? [],
    changed: (vehicle) => void changed.push(vehicle),
    happened: async (told) => void events.push(...told),
  })
  await leasing.open()
  const stop = new AbortController().signal
  const drain = async () => {
    const taken = waiting
    waiting = []
    for (const { name, data } of taken) await workers.get(name)?.({ id: randomUUID(), data, attempt: 0 }, stop)
  }
  const app = await createHttp({
    version: '0.0.0',
    ownOrigins: [],
    trustedProxies: [],
    requestsPerMinute: 1_000_000,
    consoleDir: join(tmpdir(), 'kordon-no-console'),
    world,
    answers: createIdempotencyStore(db),
    findCaller: async ({ bearer }) => {
      const [word = '', ...parks] = (bearer ?? '').split(',')
      const role = Role.safeParse(word)
      if (!role.success) return null
      const id = `00000000-0000-4000-8000-${String(ROLES.indexOf(role.data)).padStart(12, '0')}`
      return { id, login: word, name: word, role: role.data, by: 'token', parks: parks.length === 0 ? 'all' : parks }
    },
    reach: [],
    outOfSight: async () => [],
    rights: { mayAct: async () => true, secondFactorToBlock: async () => 'off', fieldsOf: shippedFields },
    witness: async () => {},
    routes: [...leasing.routes, papers.routes],
  })
  return {
    leasing,
    clock,
    app,
    events,
    changed,
    tick: async () => {
      for (const run of every) await run(stop)
      await drain()
    },
    drain,
    call: async (role, method, url, payload, parks = 'all') =>
      app.inject({
        method,
        url,
        headers: { authorization: `Bearer ${[role, ...(parks === 'all' ? [] : parks)].join(',')}` },
        ...(payload === undefined ? {} : { payload }),
      }),
    close: async () => app.close(),
  }
}

let plates = 100
/** A vehicle of a park; its row alone. */
export async function parkedVehicle({ db }: Pick<Postgres, 'db'>, parkId = MAIN_PARK): Promise<VehicleId> {
  const id = VehicleId.parse(randomUUID())
  plates += 1
  const row = { id, plate: `А${plates}ВС777`, model: 'Kia Rio', createdAt: epochMs(0), parkId, parkSince: epochMs(0) }
  await db.insertInto('vehicles').values(row).execute()
  return id
}

/** Another park; the main one is always there. */
export async function secondPark({ db }: Pick<Postgres, 'db'>): Promise<ParkId> {
  const id = ParkId.parse(randomUUID())
  await db
    .insertInto('parks')
    .values({ id, name: `Парк ${id.slice(0, 8)}`, namedAt: epochMs(0) })
    .execute()
  return id
}

export const WEEKDAY_RATES = [250_000, 250_000, 250_000, 250_000, 250_000, 150_000, 0] as const

let numbers = 1_000_000
export const newDriver = (more: object = {}) => {
  numbers += 1
  return {
    familyName: 'Иванов',
    givenName: 'Иван',
    patronymic: 'Иванович',
    legalForm: 'self-employed',
    state: 'active',
    phones: [
      { phone: `8 (916) ${String(numbers).slice(0, 3)}-${String(numbers).slice(3, 5)}-${String(numbers).slice(5)}` },
    ],
    ...more,
  }
}

/** A running lease of a new vehicle with so many new drivers, through REST. */
export async function runningLease(
  house: LeasingHouse,
  postgres: Pick<Postgres, 'db'>,
  terms: object = {},
  drivers = 1,
) {
  const vehicle = await parkedVehicle(postgres)
  const ids: string[] = []
  for (let count = 0; count < drivers; count += 1)
    ids.push((await house.call('manager', 'POST', '/api/drivers', newDriver())).json().id)
  const drafted = await house.call('manager', 'POST', '/api/leases', {
    vehicleId: vehicle,
    plan: 'rent',
    drivers: ids.map((driverId, index) => ({ driverId, main: index === 0 })),
    startsOn: '2026-01-01',
    schedule: { rates: WEEKDAY_RATES },
    ...terms,
  })
  if (drafted.statusCode !== 201) throw new Error(drafted.body)
  const lease: string = drafted.json().id
  const active = await house.call('manager', 'POST', `/api/leases/${lease}/activate`, { note: 'передан' })
  if (active.statusCode !== 200) throw new Error(active.body)
  return { vehicle, drivers: ids, lease }
}
