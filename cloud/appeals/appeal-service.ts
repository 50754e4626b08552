import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { HoldReason } from '#contract/order.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { Caller, ParksInSight } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { isInSight, type ParkId } from '../parks/park.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { AppealId } from './appeal.ts'
import type { AppealRow, AppealStore } from './appeal-store.ts'

export type AppealService = ReturnType<typeof createAppealService>

type Deps = Pick<World, 'clock' | 'uuid' | 'log'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly appealStore: (db: Db) => AppealStore
    /** Wakes the rule that gives a person a task; within the transaction. */
    readonly appealed: (
      db: Db,
      appeal: {
        readonly id: AppealId
        readonly driverId: DriverId
        readonly vehicleId: VehicleId | null
        readonly at: EpochMs
      },
    ) => Promise<void>
    /** Tells the driver; within the transaction. */
    readonly answered: (db: Db, appeal: AppealRow & { readonly answer: string }) => Promise<void>
    /** For the live feed of those who work here. */
    readonly alert: (appeal: AppealRow) => void
  }

export type AppealWish = {
  readonly driverId: DriverId
  readonly parkId: ParkId
  readonly vehicleId: VehicleId | null
  readonly holds: readonly HoldReason[]
  readonly reason: string
}

/** «Это ошибка»: a driver says so, a person answers, both are on record. */
export function createAppealService(deps: Deps) {
  const { clock, inTransaction } = deps
  const reading = deps.appealStore(deps.db)
  return {
    newestOf: reading.newestOf,
    list: reading.list,
    /** Faults: appeal/open while his last one waits for an answer. */
    add: async (wish: AppealWish): Promise<AppealRow> => {
      const none = { answer: null, answeredAt: null, answeredBy: null }
      const row: AppealRow = { ...wish, ...none, id: AppealId.parse(deps.uuid()), at: clock.now() }
      await inTransaction(async (db) => {
        if (!(await deps.appealStore(db).insert(row))) throw new Fault('appeal/open')
        await deps.appealed(db, row)
      })
      deps.log.info({ appealId: row.id, driverId: row.driverId, vehicleId: row.vehicleId }, 'appeal.added')
      deps.alert(row)
      return row
    },
    /** Faults: appeal/unknown, appeal/answered. */
    answer: async (id: AppealId, answer: string, by: Pick<Caller, 'login'> & { parks: ParksInSight }) =>
      inTransaction(async (db) => {
        const row = await deps.appealStore(db).findLocked(id)
        if (row === undefined || !isInSight(by.parks, row.parkId)) throw new Fault('appeal/unknown')
        if (row.answeredAt !== null) throw new Fault('appeal/answered')
        const said = { answer, answeredAt: clock.now(), answeredBy: by.login }
        await deps.appealStore(db).answer(id, said)
        const answered = { ...row, ...said }
        await deps.answered(db, answered)
        return answered
      }),
  }
}
