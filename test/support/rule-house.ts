import { randomBytes, randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { VehicleId } from '#contract/ids.ts'
import { type EpochMs, epochMs } from '#contract/instant.ts'
import { Day } from '../../cloud/calendar/moscow-day.ts'
import { DriverId } from '../../cloud/drivers/driver.ts'
import type { HoldService } from '../../cloud/holds/hold-service.ts'
import type { JobHandler, Jobs } from '../../cloud/jobs/jobs.ts'
import { LeaseId } from '../../cloud/leases/lease.ts'
import { PromiseId } from '../../cloud/ledger/promise.ts'
import { ParkId } from '../../cloud/parks/park.ts'
import { createPolicies } from '../../cloud/policies/app.ts'
import type { Postgres } from '../../cloud/postgres/postgres-client.ts'
import { createRules } from '../../cloud/rules/app.ts'
import type { ActionHandler } from '../../cloud/rules/ports.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'
import { silentLog } from './silent-log.ts'

export const never = new AbortController().signal

/** Jobs that a test turns by hand; two houses on one queue are two instances. */
export function createManualJobs() {
  const turns: ((stop: AbortSignal) => Promise<void>)[] = []
  const workers = new Map<string, JobHandler>()
  const waiting: { name: string; data: unknown }[] = []
  const jobs: Jobs = {
    every: (_, __, handler) => turns.push(handler),
    alone: () => {},
    work: (name, handler) => workers.set(name, handler),
    send: async (name, data) => void waiting.push({ name, data: JSON.parse(JSON.stringify(data)) }),
  }
  const work = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift())
      await workers.get(job.name)?.({ id: randomUUID(), data: job.data, attempt: 0 }, never)
  }
  return {
    jobs,
    turn: async () => {
      await work()
      for (const one of turns) await one(never)
      await work()
    },
    work,
    waiting,
  }
}

type Sent = {
  readonly action: string
  readonly subject: string
  readonly driverId: string | undefined
  readonly key: string
}

type HouseWish = { readonly mode?: 'acting' | 'shadow'; readonly clock?: ManualClock; readonly only?: RegExp }

/** Rules and policies over a migrated database; holds are rows, messages and tasks are written down. */
export async function createRuleHouse(
  postgres: Postgres,
  { mode = 'acting', clock = createManualClock(), only = /./ }: HouseWish = {},
) {
  const { db } = postgres
  const world = {
    clock,
    log: silentLog,
    uuid: () => randomUUID(),
    randomBytes: (length: number) => randomBytes(length),
  }
  const manual = createManualJobs()
  const sent: Sent[] = []
  const state: { automatic: 'running' | 'stopped'; refuse: boolean; sendFails: boolean } = {
    automatic: 'running',
    refuse: false,
    sendFails: false,
  }
  const policies = createPolicies({ ...postgres, world, changed: () => rules.lookAgain() })
  const rules = createRules({
    ...postgres,
    world,
    jobs: manual.jobs,
    policies,
    holds: holdRows(postgres, clock.now, () => state.refuse),
    automatic: async () => state.automatic,
    inSight: async (_, vehicles) => new Set(vehicles),
    count: () => {},
  })
  const note: ActionHandler = async ({ action, key, subject }) => {
    if (action.kind === 'send' && state.sendFails) throw new Error('the gateway of messages is down')
    const name = action.kind === 'send' ? action.message.name : action.kind === 'task' ? action.use.name : action.kind
    if (!sent.some((one) => one.key === key))
      sent.push({ action: name, subject: subject.id, driverId: subject.driverId, key })
    return { state: 'done', note: '' }
  }
  for (const kind of ['send', 'task', 'call', 'grant'] as const) rules.ports.action(kind, note)
  await rules.open(mode)
  // Rules that a test is not about would only cost it time.
  for (const { row } of await rules.book.list())
    await db
      .updateTable('rules')
      .set({ paused: !only.test(row.id), nextSweepAt: epochMs(0) })
      .where('id', '=', row.id)
      .execute()
  return { rules, policies, clock, sent, state, ...manual, db }
}

export type RuleHouse = Awaited<ReturnType<typeof createRuleHouse>>

function holdRows(
  { db }: Postgres,
  now: () => EpochMs,
  refuse: () => boolean,
): Pick<HoldService, 'place' | 'liftReason' | 'lastLift'> {
  const standing = (vehicleId: VehicleId, reason: string, key: string | undefined) => {
    const found = db.selectFrom('holds').selectAll().where('vehicleId', '=', vehicleId).where('liftedAt', 'is', null)
    return found
      .execute()
      .then((rows) => rows.filter((row) => row.reason === reason && (key === undefined || row.key === key)))
  }
  return {
    place: async ({ vehicleId, reason, key = '', note, by }) => {
      if (refuse()) return { outcome: 'refused', whyNot: 'not-commissioned' }
      const [known] = await standing(vehicleId, reason, key)
      if (known !== undefined) return { outcome: 'stands', hold: known, orderId: null, whyNot: null }
      const row = {
        id: randomUUID(),
        vehicleId,
        reason,
        key,
        note,
        placedByKind: by.kind,
        placedById: by.id,
        placedByName: by.name,
        placedAt: now(),
      }
      await db
        .insertInto('holds')
        .values({ ...row, orderId: null } as never)
        .execute()
      const [hold] = await standing(vehicleId, reason, key)
      if (hold === undefined) throw new Error('not placed')
      return { outcome: 'stands', hold, orderId: null, whyNot: null }
    },
    liftReason: async ({ vehicleId, reason, key, note, by }) => {
      const holds = await standing(vehicleId, reason, key)
      if (holds.length === 0) return undefined
      for (const { id } of holds)
        await db
          .updateTable('holds')
          .set({ liftedAt: now(), liftedByKind: by.kind, liftedById: by.id, liftedByName: by.name, liftNote: note })
          .where('id', '=', id)
          .execute()
      return { holds, orderId: null, remaining: [] }
    },
    lastLift: async ({ vehicleId, reason, key = '' }) => {
      const rows = await db
        .selectFrom('holds')
        .selectAll()
        .where('vehicleId', '=', vehicleId)
        .where('reason', '=', reason)
        .where('key', '=', key)
        .where('liftedAt', 'is not', null)
        .orderBy('liftedAt', 'desc')
        .execute()
      const [row] = rows
      if (row?.liftedAt == null || row.liftedByKind === null) return undefined
      return {
        holdId: row.id,
        at: row.liftedAt,
        by: { kind: row.liftedByKind, id: row.liftedById ?? '', name: row.liftedByName ?? '' },
      }
    },
  }
}

/** Empties what rules read and write, so that one database serves all tests of a file; vehicles stay. */
export async function clearRules({ db }: Pick<Postgres, 'db'>): Promise<void> {
  await sql`truncate rule_effects, rule_decisions, rule_outcomes, fact_changes, policy_versions, holds, shifts,
    payment_promises, balances, lease_parties, leases cascade`.execute(db)
  await sql`delete from drivers`.execute(db)
}

/** A lease on the line with so many drivers; nothing is known of their money yet. */
export async function addLease({ db }: Pick<Postgres, 'db'>, drivers = 1) {
  const vehicleId = VehicleId.parse(randomUUID())
  const leaseId = LeaseId.parse(randomUUID())
  const park = await db.selectFrom('parks').select('id').executeTakeFirstOrThrow()
  const parkId = ParkId.parse(park.id)
  const at = epochMs(0)
  await db
    .insertInto('vehicles')
    .values({ id: vehicleId, plate: `А${leaseId.slice(0, 5)}`, model: 'Rapid', createdAt: at, parkId } as never)
    .execute()
  const people = Array.from({ length: drivers }, () => DriverId.parse(randomUUID()))
  for (const id of people)
    await db
      .insertInto('drivers')
      .values({
        id,
        parkId,
        familyName: 'Ф',
        givenName: 'И',
        patronymic: '',
        legalForm: 'person',
        state: 'active',
        mergedInto: null,
        note: '',
        version: 1,
        createdAt: at,
      })
      .execute()
  await db
    .insertInto('leases')
    .values({
      id: leaseId,
      parkId,
      vehicleId,
      plan: 'rent',
      state: 'active',
      startsOn: Day.parse('2026-01-01'),
      endsOn: null,
      depositKopecks: 0,
      schedule: '{}',
      buyout: null,
      marketValueKopecks: null,
      note: '',
      version: 1,
      createdAt: at,
      createdBy: 'x',
      activatedAt: at,
      returningAt: null,
      endedAt: null,
      parking: null,
      nextChargeAt: null,
    })
    .execute()
  for (const [index, driverId] of people.entries())
    await db
      .insertInto('leaseParties')
      .values({ leaseId, driverId, main: index === 0, fromAt: epochMs(index), untilAt: null })
      .execute()
  const [first] = people
  if (first === undefined) throw new Error('a lease has a driver')
  return { vehicleId, leaseId, drivers: people, driver: first, subject: `lease:${leaseId}` }
}

export const setBalance = ({ db }: Pick<Postgres, 'db'>, driverId: DriverId, kopecks: number, asOf: EpochMs) =>
  db
    .insertInto('balances')
    .values({ driverId, source: 'ledger', kopecks, asOf, status: null, changedAt: asOf })
    .onConflict((conflict) => conflict.column('driverId').doUpdateSet({ kopecks, asOf, changedAt: asOf }))
    .execute()

export const promise = async ({ db }: Pick<Postgres, 'db'>, driverId: DriverId, untilAt: EpochMs) => {
  const { parkId } = await db
    .selectFrom('drivers')
    .select('parkId')
    .where('id', '=', driverId)
    .executeTakeFirstOrThrow()
  const row = {
    id: PromiseId.parse(randomUUID()),
    driverId,
    parkId,
    kopecks: 1,
    promisedAt: epochMs(0),
    untilAt,
    state: 'open',
    settledAt: null,
    byKind: 'user',
    byId: 'd',
    byName: 'd',
    note: '',
  } as const
  await db.insertInto('paymentPromises').values(row).execute()
}

export const openShift = (
  { db }: Pick<Postgres, 'db'>,
  { leaseId, vehicleId }: { leaseId: LeaseId; vehicleId: VehicleId },
  driverId: DriverId,
  openedAt: EpochMs,
) =>
  db
    .insertInto('shifts')
    .values({
      id: randomUUID(),
      leaseId,
      vehicleId,
      driverId,
      openedAt,
      openedBy: 'x',
      closedAt: null,
      closedBy: null,
    } as never)
    .execute()

export const standingHolds = async ({ db }: Pick<Postgres, 'db'>, vehicleId: VehicleId) =>
  (
    await db
      .selectFrom('holds')
      .select(['reason', 'key'])
      .where('vehicleId', '=', vehicleId)
      .where('liftedAt', 'is', null)
      .orderBy('placedAt')
      .execute()
  ).map(({ reason, key }) => (key === '' ? reason : `${reason} ${key}`))
