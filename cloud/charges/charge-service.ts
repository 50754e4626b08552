import { type EpochMs, later, minutes } from '#contract/instant.ts'
import { isRunning } from '../leases/lease.ts'
import type { LeaseStore } from '../leases/lease-store.ts'
import { dueCharges, rateOf } from '../leases/schedule.ts'
import { chargePosting, type Posting } from '../ledger/posting.ts'
import type { LeaseRow } from '../postgres/lease-tables.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import { sharesOf } from '../shifts/shift.ts'
import type { ShiftStore } from '../shifts/shift-store.ts'
import type { World } from '../world.ts'

export type ChargeService = ReturnType<typeof createChargeService>

type Deps = Pick<World, 'clock' | 'log'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly leaseStore: (db: Db) => Pick<LeaseStore, 'chargeable' | 'findLocked' | 'update' | 'everyPartyOf'>
    readonly shiftStore: (db: Db) => Pick<ShiftStore, 'within'>
    readonly post: (db: Db, posting: Posting) => Promise<unknown>
  }

const CHARGER = { kind: 'rule', id: 'daily-charge', name: 'Ежедневное начисление' } as const
const DAY = minutes(24 * 60)
/** Days of one lease charged in one transaction: after a long stop the rest follows. */
const MOST_DAYS = 62

/** The charge of each day of a running lease, exactly once. */
export function createChargeService(deps: Deps) {
  /** Charges what is due until the moment; the row comes back as it is to be stored. */
  const charged = async (db: Db, lease: LeaseRow, until: EpochMs): Promise<LeaseRow> => {
    if (lease.nextChargeAt === null) return lease
    const due = dueCharges(lease.schedule, lease.nextChargeAt, until, MOST_DAYS)
    const parties = await deps.leaseStore(db).everyPartyOf(lease.id)
    for (const { day, at } of due.days) {
      const { kopecks, why } = rateOf(lease.schedule, day)
      if (kopecks === 0) continue
      const window = { from: later(at, -DAY), until: at }
      const turns = await deps.shiftStore(db).within(lease.id, window.from, window.until)
      const then = parties.filter(({ fromAt, untilAt }) => fromAt <= at && (untilAt === null || untilAt > at))
      const shares = sharesOf(kopecks, lease.schedule.payer, then.length === 0 ? parties : then, turns, window)
      const posting = chargePosting({
        key: `charge ${lease.id} ${day}`,
        at,
        parkId: lease.parkId,
        leaseId: lease.id,
        vehicleId: lease.vehicleId,
        note: why === 'holiday' ? `${day}, праздничный день` : day,
        by: CHARGER,
        shares,
        towardsPriceKopecks: lease.buyout?.dailyShareKopecks ?? 0,
      })
      await deps.post(db, posting)
    }
    return { ...lease, nextChargeAt: due.nextAt }
  }

  return {
    charged,
    /** Charges every day that is due; answers how many leases were looked at. One failing lease keeps no other from it. */
    chargeDue: async (limit: number): Promise<number> => {
      const due = await deps.leaseStore(deps.db).chargeable(deps.clock.now(), limit)
      for (const id of due) {
        try {
          await deps.inTransaction(async (db) => {
            const store = deps.leaseStore(db)
            const lease = await store.findLocked(id)
            if (lease === undefined || !isRunning(lease.state)) return
            await store.update(await charged(db, lease, deps.clock.now()))
          })
        } catch (err) {
          deps.log.error({ err, leaseId: id }, 'lease.charge-failed')
        }
      }
      return due.length
    },
  }
}
