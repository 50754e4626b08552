import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { type EpochMs, epochMs } from '#contract/instant.ts'
import type { ParksInSight } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import { cursorFrom, placeFrom } from '../vehicles/cursor.ts'
import type { World } from '../world.ts'
import { DRIVE_TO_PARK, LEAVE_ZONE } from './permit.ts'
import type { NewPermit, PermitStore } from './permit-store.ts'

/** Once in so long. */
const DRIVE_AGAIN_MS = 24 * 3_600_000
/** A permit without an end in sight is a change of the lease, not a permit. */
const LONGEST_MS = 366 * 86_400_000
const AT_ONCE = 100

export type PermitChange = {
  readonly id: number
  readonly vehicleId: VehicleId
  readonly at: EpochMs
  readonly change: string
}

type Deps = Pick<World, 'clock' | 'log'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly permitStore: (db: Db) => PermitStore
    readonly inSight: (parks: ParksInSight, vehicles: readonly VehicleId[]) => Promise<ReadonlySet<VehicleId>>
    /** In the transaction of the change: rules judge the vehicle anew. */
    readonly happened: (change: PermitChange, within: Db) => Promise<void>
    readonly changed: (vehicle: VehicleId) => void
  }

const Place = z.strictObject({ id: z.int() })

export type PermitService = ReturnType<typeof createPermitService>

/** Permits to leave the zone until a date, given and taken back by people; those that cards give stand beside them. */
export function createPermitService(deps: Deps) {
  const { clock, db, inTransaction } = deps
  const visible = async (parks: ParksInSight, vehicle: VehicleId): Promise<void> => {
    if (!(await deps.inSight(parks, [vehicle])).has(vehicle)) throw new Fault('vehicle/unknown')
    if ((await db.selectFrom('vehicles').select('id').where('id', '=', vehicle).executeTakeFirst()) === undefined)
      throw new Fault('vehicle/unknown')
  }
  const list = async (query: {
    readonly vehicleId?: VehicleId | undefined
    readonly inForce?: boolean | undefined
    readonly parks: ParksInSight
    readonly limit: number
    readonly cursor?: string | undefined
  }) => {
    const { cursor, inForce, limit, ...rest } = query
    const now = clock.now()
    const rows = await deps.permitStore(db).list({
      ...rest,
      inForceAt: inForce === true ? now : undefined,
      before: placeFrom(Place, cursor)?.id,
      limit: limit + 1,
    })
    const last = rows.length > limit ? rows[limit - 1] : undefined
    const items = rows.slice(0, limit).map(({ id, until, grantedAt, revokedAt, givenBy, ...row }) => ({
      ...row,
      id: Number(id),
      until: epochMs(until),
      grantedAt: epochMs(grantedAt),
      givenBy: givenBy === '' ? null : givenBy,
      revokedAt: revokedAt === null ? null : epochMs(revokedAt),
      state: revokedAt !== null ? ('revoked' as const) : until > now ? ('in-force' as const) : ('ended' as const),
    }))
    return { items, nextCursor: last === undefined ? null : cursorFrom({ id: Number(last.id) }) }
  }
  /** Within the caller's transaction: what a rule or a card gives is the same permit as a person's. */
  const grantWithin = async (
    within: Db,
    wish: Pick<NewPermit, 'permit' | 'vehicleId' | 'until' | 'note' | 'givenBy' | 'card'>,
  ): Promise<void> => {
    const now = clock.now()
    if (wish.until <= now) return
    const id = await deps
      .permitStore(within)
      .add({ ...wish, until: epochMs(Math.min(wish.until, now + LONGEST_MS)) }, now)
    await deps.happened({ id, vehicleId: wish.vehicleId, at: now, change: 'given' }, within)
  }
  return {
    list,
    grantWithin,
    /** Of these vehicles those that had their drive to a parking within a day. */
    driveUsed: (vehicles: readonly string[], now: EpochMs): Promise<ReadonlySet<string>> =>
      deps.permitStore(db).givenSince(DRIVE_TO_PARK, vehicles, epochMs(now - DRIVE_AGAIN_MS)),
    /** Faults: vehicle/unknown, permit/past, permit/too-long. */
    give: async (
      wish: { readonly vehicleId: VehicleId; readonly until: EpochMs; readonly note: string },
      by: { readonly login: string; readonly parks: ParksInSight },
    ): Promise<number> => {
      const now = clock.now()
      await visible(by.parks, wish.vehicleId)
      if (wish.until <= now) throw new Fault('permit/past')
      if (wish.until - now > LONGEST_MS) throw new Fault('permit/too-long', 'at most a year from now')
      const id = await inTransaction(async (within) => {
        const added = await deps.permitStore(within).add({ ...wish, permit: LEAVE_ZONE, givenBy: by.login }, now)
        await deps.happened({ id: added, vehicleId: wish.vehicleId, at: now, change: 'given' }, within)
        return added
      })
      deps.changed(wish.vehicleId)
      return id
    },
    /** Faults: permit/unknown, permit/ended. */
    revoke: async (id: number, by: { readonly login: string; readonly parks: ParksInSight }): Promise<void> => {
      const vehicleId = await inTransaction(async (within) => {
        const row = await deps.permitStore(within).find(id)
        const vehicle = VehicleId.safeParse(row?.record).data
        if (row === undefined || vehicle === undefined) throw new Fault('permit/unknown')
        if (by.parks !== 'all') {
          const at = await within.selectFrom('vehicles').select('parkId').where('id', '=', vehicle).executeTakeFirst()
          if (at === undefined || !by.parks.includes(at.parkId)) throw new Fault('permit/unknown')
        }
        const now = clock.now()
        if (row.until <= now) throw new Fault('permit/ended')
        await deps.permitStore(within).revoke(id, by.login, now)
        await deps.happened({ id, vehicleId: vehicle, at: now, change: 'revoked' }, within)
        return vehicle
      })
      deps.changed(vehicleId)
    },
    /** Tells of those that have run out: a car that is outside by then is judged anew. Once across instances. */
    tellEnded: async (): Promise<void> => {
      const told = await inTransaction(async (within) => {
        const now = clock.now()
        const ended = await deps.permitStore(within).claimEnded(now, AT_ONCE)
        const changes = ended.flatMap(({ id, record, permit }) => {
          const vehicleId = VehicleId.safeParse(record).data
          const isOurs = permit === LEAVE_ZONE && vehicleId !== undefined
          return isOurs ? [{ id: Number(id), vehicleId, at: now, change: 'ended' }] : []
        })
        for (const change of changes) await deps.happened(change, within)
        return changes
      })
      for (const { vehicleId } of told) deps.changed(vehicleId)
    },
  }
}
