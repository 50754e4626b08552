import { type SqlBool, sql } from 'kysely'
import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { Day } from '../calendar/moscow-day.ts'
import type { ParksInSight } from '../http/access.ts'
import { ParkId } from '../parks/park.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { anywhere } from '../postgres/search-pattern.ts'
import type { PaperRenewalRow, PaperRow } from '../postgres/upkeep-tables.ts'
import { PAPER_KINDS, type PaperId, type PaperKind, type RenewalId } from './paper.ts'

export type PaperStore = ReturnType<typeof createPaperStore>

/** One kind of paper of one vehicle: what a list of papers has a line for, also where there is none. */
export type PaperLine = {
  readonly vehicleId: VehicleId
  readonly plate: string
  readonly model: string
  readonly kind: PaperKind
  readonly paperId: PaperId | null
  readonly number: string | null
  readonly validUntil: Day | null
  readonly renewalId: RenewalId | null
  readonly sentAt: EpochMs | null
  readonly sentBy: string | null
  readonly vin: string | null
  readonly sts: string | null
}

export type PaperPlace = { readonly until: string; readonly plate: string; readonly kind: PaperKind }

export type PaperQuery = {
  readonly parks: ParksInSight
  readonly q?: string | undefined
  readonly kinds?: readonly PaperKind[] | undefined
  /** Only papers that end on this day or earlier, and those that are missing. */
  readonly endingBy?: Day | undefined
  readonly vehicles?: readonly VehicleId[] | undefined
  readonly limit: number
  readonly after?: PaperPlace | undefined
}

/** Papers in force and withdrawn, and what is out for renewal. */
export function createPaperStore(db: Db) {
  const inForce = () => db.selectFrom('papers').selectAll().where('withdrawnAt', 'is', null)
  return {
    find: (id: PaperId): Promise<PaperRow | undefined> =>
      db.selectFrom('papers').selectAll().where('id', '=', id).executeTakeFirst(),
    inForceOf: async (vehicles: readonly VehicleId[]): Promise<readonly PaperRow[]> =>
      vehicles.length === 0 ? [] : inForce().where('vehicleId', 'in', vehicles).execute(),
    /** Newest first, the withdrawn among them. */
    allOf: (vehicle: VehicleId): Promise<readonly PaperRow[]> =>
      db.selectFrom('papers').selectAll().where('vehicleId', '=', vehicle).orderBy('addedAt', 'desc').execute(),
    /** What ends first comes first; what is missing before all. */
    lines: async ({ parks, q, kinds = PAPER_KINDS, endingBy, vehicles, limit, after }: PaperQuery) => {
      if (parks.length === 0 || kinds.length === 0 || vehicles?.length === 0) return []
      const wishes = [
        sql<SqlBool>`k.kind in (${sql.join(kinds)})`,
        ...(parks === 'all' ? [] : [sql<SqlBool>`v.park_id in (${sql.join(parks.map((park) => ParkId.parse(park)))})`]),
        ...(vehicles === undefined ? [] : [sql<SqlBool>`v.id in (${sql.join(vehicles)})`]),
        ...(q === undefined ? [] : [sql<SqlBool>`v.plate || ' ' || v.model ilike ${anywhere(q)}`]),
        ...(endingBy === undefined ? [] : [sql<SqlBool>`coalesce(p.valid_until, '') <= ${endingBy}`]),
        ...(after === undefined
          ? []
          : [
              sql<SqlBool>`(coalesce(p.valid_until, ''), v.plate, k.kind) > (${after.until}, ${after.plate}, ${after.kind})`,
            ]),
      ]
      const found = await sql<PaperLine>`
        select v.id as "vehicleId", v.plate, v.model, k.kind, p.id as "paperId", p.number, p.valid_until as "validUntil",
          r.id as "renewalId", r.sent_at as "sentAt", r.sent_by as "sentBy", c.vin, c.sts
        from vehicles v
        cross join (values ('dk'), ('osago'), ('osgop')) as k (kind)
        left join lateral (
          select id, number, valid_until from papers
          where vehicle_id = v.id and kind = k.kind and withdrawn_at is null
          order by valid_until desc, added_at desc limit 1
        ) p on true
        left join paper_renewals r on r.vehicle_id = v.id and r.kind = k.kind and r.ended_at is null
        left join vehicle_cards c on c.vehicle_id = v.id
        where ${sql.join(wishes, sql` and `)}
        order by coalesce(p.valid_until, ''), v.plate, k.kind limit ${limit}`.execute(db)
      return found.rows
    },
    insert: (row: PaperRow) => db.insertInto('papers').values(row).execute(),
    withdraw: (id: PaperId, withdrawn: Pick<PaperRow, 'withdrawnAt' | 'withdrawnBy' | 'withdrawNote'>) =>
      db.updateTable('papers').set(withdrawn).where('id', '=', id).where('withdrawnAt', 'is', null).execute(),

    findRenewal: (id: RenewalId): Promise<PaperRenewalRow | undefined> =>
      db.selectFrom('paperRenewals').selectAll().where('id', '=', id).executeTakeFirst(),
    openRenewalsOf: (vehicle: VehicleId): Promise<readonly PaperRenewalRow[]> =>
      db
        .selectFrom('paperRenewals')
        .selectAll()
        .where('vehicleId', '=', vehicle)
        .where('endedAt', 'is', null)
        .execute(),
    /** What is out already stays as it was sent. Answers how many are new. */
    insertRenewals: async (rows: readonly PaperRenewalRow[]): Promise<number> => {
      if (rows.length === 0) return 0
      const added = await db
        .insertInto('paperRenewals')
        .values(rows)
        .onConflict((conflict) => conflict.columns(['vehicleId', 'kind']).where('endedAt', 'is', null).doNothing())
        .returning('id')
        .execute()
      return added.length
    },
    endRenewals: (vehicle: VehicleId, kind: PaperKind, end: Pick<PaperRenewalRow, 'endedAt' | 'endedBy' | 'paperId'>) =>
      db
        .updateTable('paperRenewals')
        .set(end)
        .where('vehicleId', '=', vehicle)
        .where('kind', '=', kind)
        .where('endedAt', 'is', null)
        .execute(),
  }
}
