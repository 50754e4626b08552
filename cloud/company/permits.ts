import { VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { DriverId } from '../drivers/driver.ts'
import type { DriverStore } from '../drivers/driver-store.ts'
import type { Facts } from '../expressions/fact-type.ts'
import type { GraceService } from '../holds/grace-service.ts'
import { Fault } from '../http/fault.ts'
import type { LedgerService } from '../ledger/ledger-service.ts'
import type { PostedBy } from '../ledger/posting.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { ProcessPorts } from '../processes/effects/ports.ts'
import type { Grant } from '../rules/grant-action.ts'
import type { Zones } from '../zones/app.ts'
import { DRIVE_TO_PARK, LEAVE_ZONE } from '../zones/permit.ts'

type Parts = Pick<Postgres, 'inTransaction'> & {
  readonly zones: Pick<Zones, 'grantWithin'>
  readonly ledger: Pick<LedgerService, 'agreeWithin'>
  readonly graces: Pick<GraceService, 'giveGrace'>
  readonly driverStore: (db: Db) => Pick<DriverStore, 'find'>
  /** Values of the policies, read within the transaction. */
  readonly policy: (within: Db) => Promise<Facts>
}

const SMALLEST = 100

/** One truth about each permit: whoever gives it, a rule or a card, the slice that keeps it is asked to. */
export function createPermits({ inTransaction, zones, ledger, graces, driverStore, policy }: Parts) {
  /** He promises what he lacks. */
  const agree = async (db: Db, driverId: DriverId, until: number, by: PostedBy): Promise<boolean> => {
    const driver = await driverStore(db).find(driverId)
    if (driver === undefined) return false
    const { minBalance, promiseMax } = await policy(db)
    const balance = await db
      .selectFrom('balances')
      .select('kopecks')
      .where('driverId', '=', driverId)
      .executeTakeFirst()
    const owed = balance === undefined ? Number(promiseMax) : Number(minBalance) - balance.kopecks
    const kopecks = Math.max(SMALLEST, owed)
    const wish = { driverId, parkId: driver.parkId, kopecks, untilAt: epochMs(until), note: by.name }
    await ledger.agreeWithin(db, wish, by)
    return true
  }

  const driveToPark: Grant = async ({ vehicleId, until, rule, decidedAt }) => {
    if (vehicleId === undefined) return { state: 'dropped', note: 'машина неизвестна' }
    const by = { kind: 'rule', id: rule.id, name: rule.title } as const
    try {
      await graces.giveGrace({ vehicleId, until, note: rule.title, by })
    } catch (err) {
      if (err instanceof Fault) return { state: 'dropped', note: err.message }
      throw err
    }
    // After it was given: a crash in between gives it once more until the same time.
    await inTransaction((db) =>
      zones.grantWithin(db, { permit: DRIVE_TO_PARK, vehicleId, until, note: rule.title, givenBy: rule.id }),
    )
    const minutes = Math.round((until - decidedAt) / 60_000)
    return { state: 'done', note: `можно ехать ${minutes} мин` }
  }
  const leaveZone: Grant = async ({ vehicleId, until, rule }) => {
    if (vehicleId === undefined) return { state: 'dropped', note: 'машина неизвестна' }
    await inTransaction((db) =>
      zones.grantWithin(db, { permit: LEAVE_ZONE, vehicleId, until, note: rule.title, givenBy: rule.id }),
    )
    return { state: 'done', note: '' }
  }
  const paymentPromise: Grant = async ({ driverId, until, rule }) => {
    if (driverId === undefined) return { state: 'dropped', note: 'водитель неизвестен' }
    const by = { kind: 'rule', id: rule.id, name: rule.title } as const
    const known = await inTransaction((db) => agree(db, driverId, until, by))
    return known ? { state: 'done', note: '' } : { state: 'dropped', note: 'водитель неизвестен' }
  }

  const ofCards: NonNullable<ProcessPorts['grant']> = async (db, { permit, record, until, card }) => {
    const vehicleId = VehicleId.safeParse(record).data
    if (permit === LEAVE_ZONE && vehicleId !== undefined) {
      await zones.grantWithin(db, { permit, vehicleId, until: epochMs(until), note: '', givenBy: '', card })
      return true
    }
    const driverId = DriverId.safeParse(record).data
    if (permit !== 'payment_promise' || driverId === undefined) return false
    return agree(db, driverId, until, { kind: 'rule', id: `card:${card}`, name: 'Карточка' })
  }

  return {
    ofRules: new Map<string, Grant>([
      [DRIVE_TO_PARK, driveToPark],
      [LEAVE_ZONE, leaveZone],
      ['payment_promise', paymentPromise],
    ]),
    ofCards,
  }
}
