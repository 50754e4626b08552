import { z } from 'zod'
import type { VehicleId } from '#contract/ids.ts'
import { type Day, dayOf, dayPlus } from '../calendar/moscow-day.ts'
import type { ParksInSight } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { PaperRow } from '../postgres/upkeep-tables.ts'
import { cursorFrom, placeFrom } from '../vehicles/cursor.ts'
import type { World } from '../world.ts'
import {
  hindranceSentence,
  issueHindrances,
  type PaperId,
  PaperId as PaperIdParser,
  PaperKind,
  type PaperStanding,
  paperStanding,
  paperStandings,
  type RenewalId,
  RenewalId as RenewalIdParser,
} from './paper.ts'
import type { PaperQuery, PaperStore } from './paper-store.ts'
import { type PaperLineView, type PaperView, paperLineView, paperView } from './paper-view.ts'

/** Days of policy: within `warnDays` renewal is prepared, and no handing out unless more than `issueDays` are left. */
export type PaperDays = { readonly warnDays: number; readonly issueDays: number }

export type NewPaper = Pick<PaperRow, 'kind' | 'number' | 'issuedBy' | 'validUntil' | 'note'>

type Deps = Pick<World, 'clock' | 'uuid'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly paperStore: (db: Db) => PaperStore
    readonly days: () => Promise<PaperDays>
    /** Something about the papers of this vehicle is different now; rules and the live feed look again. */
    readonly changed: (vehicle: VehicleId) => void
  }

const Place = z.strictObject({ until: z.string(), plate: z.string(), kind: PaperKind })
type ListQuery = Omit<PaperQuery, 'after' | 'endingBy' | 'vehicles'> & {
  readonly endingWithinDays?: number | undefined
  readonly cursor?: string | undefined
}

export type PaperService = ReturnType<typeof createPaperService>

/** Papers of vehicles: entered, watched until they end, sent for renewal; and the guard before handing out or back. */
export function createPaperService(deps: Deps) {
  const { clock, uuid, inTransaction } = deps
  const reading = deps.paperStore(deps.db)
  const today = (): Day => dayOf(clock.now())

  const standingsOf = async (
    vehicles: readonly VehicleId[],
  ): Promise<ReadonlyMap<VehicleId, readonly PaperStanding[]>> => {
    const [rows, { warnDays }] = await Promise.all([reading.inForceOf(vehicles), deps.days()])
    const byVehicle = Map.groupBy(rows, (row) => row.vehicleId)
    const day = today()
    return new Map(vehicles.map((vehicle) => [vehicle, paperStandings(byVehicle.get(vehicle) ?? [], day, warnDays)]))
  }
  const linesOf = async (query: Omit<ListQuery, 'cursor'>, cursor?: string) => {
    const { warnDays } = await deps.days()
    const day = today()
    const { endingWithinDays, ...rest } = query
    const endingBy = endingWithinDays === undefined ? undefined : dayPlus(day, endingWithinDays)
    const lines = await reading.lines({ ...rest, endingBy, after: placeFrom(Place, cursor) })
    return lines.map((line) => ({ line, standing: paperStanding(line.kind, line.validUntil, day, warnDays) }))
  }

  return {
    standingsOf,
    /** Sentences that say why the vehicle is not handed out or handed back today; none when nothing stands in the way. */
    hindrancesOf: async (vehicle: VehicleId): Promise<readonly string[]> => {
      const [standings, { issueDays }] = await Promise.all([standingsOf([vehicle]), deps.days()])
      return issueHindrances(standings.get(vehicle) ?? [], issueDays).map(hindranceSentence)
    },
    /** One line for each kind of each vehicle; what is missing first, then what ends first. Faults: list/bad-cursor. */
    list: async ({ cursor, limit, ...query }: ListQuery) => {
      const found = await linesOf({ ...query, limit: limit + 1 }, cursor)
      const last = found.length > limit ? found[limit - 1]?.line : undefined
      return {
        items: found.slice(0, limit).map(({ line, standing }): PaperLineView => paperLineView(line, standing)),
        nextCursor:
          last === undefined ? null : cursorFrom({ until: last.validUntil ?? '', plate: last.plate, kind: last.kind }),
      }
    },
    /** Everything that is to be renewed within so many days, with what an insurer asks for. */
    renewalPack: (parks: ParksInSight, endingWithinDays: number) => linesOf({ parks, endingWithinDays, limit: 30_000 }),
    of: async (vehicle: VehicleId) => {
      const [rows, standings, { issueDays }, renewals] = await Promise.all([
        reading.allOf(vehicle),
        standingsOf([vehicle]),
        deps.days(),
        reading.openRenewalsOf(vehicle),
      ])
      const own = standings.get(vehicle) ?? []
      return {
        standings: own,
        hindrances: issueHindrances(own, issueDays).map(hindranceSentence),
        renewals: renewals.map(({ id, kind, sentAt, sentBy, note }) => ({ id, kind, sentAt, sentBy, note })),
        items: rows.map(paperView),
      }
    },

    /** Enters a paper; a renewal of its kind that was out has come to its end. */
    add: async (vehicleId: VehicleId, paper: NewPaper, by: string): Promise<PaperView> => {
      const now = clock.now()
      const none = { withdrawnAt: null, withdrawnBy: null, withdrawNote: null }
      const row: PaperRow = { id: PaperIdParser.parse(uuid()), vehicleId, ...paper, addedAt: now, addedBy: by, ...none }
      await inTransaction(async (db) => {
        const store = deps.paperStore(db)
        await store.insert(row)
        await store.endRenewals(vehicleId, paper.kind, { endedAt: now, endedBy: by, paperId: row.id })
      })
      deps.changed(vehicleId)
      return paperView(row)
    },
    /** Takes back what was entered by mistake; it stays readable. Faults: paper/unknown, paper/withdrawn. */
    withdraw: async (id: PaperId, mayTouch: MayTouch, note: string, by: string): Promise<PaperView> => {
      const row = await reading.find(id)
      if (row === undefined || !(await mayTouch(row.vehicleId))) throw new Fault('paper/unknown')
      if (row.withdrawnAt !== null) throw new Fault('paper/withdrawn')
      const withdrawn = { withdrawnAt: clock.now(), withdrawnBy: by, withdrawNote: note }
      await reading.withdraw(id, withdrawn)
      deps.changed(row.vehicleId)
      return paperView({ ...row, ...withdrawn })
    },
    /** Notes what was sent for renewal; what is out already stays as it was sent. Answers how many are new. */
    sendForRenewal: async (
      what: readonly { readonly vehicleId: VehicleId; readonly kind: PaperKind }[],
      note: string,
      by: string,
    ): Promise<number> => {
      const sentAt = clock.now()
      const rows = [...new Map(what.map((one) => [`${one.vehicleId} ${one.kind}`, one])).values()].map((one) => ({
        id: RenewalIdParser.parse(uuid()),
        ...one,
        sentAt,
        sentBy: by,
        note,
        endedAt: null,
        endedBy: null,
        paperId: null,
      }))
      const added = await inTransaction((db) => deps.paperStore(db).insertRenewals(rows))
      for (const vehicle of new Set(rows.map(({ vehicleId }) => vehicleId))) deps.changed(vehicle)
      return added
    },
    /** Calls a renewal off. Faults: paper/unknown-renewal. */
    callOffRenewal: async (id: RenewalId, mayTouch: MayTouch, by: string): Promise<void> => {
      const row = await reading.findRenewal(id)
      if (row === undefined || row.endedAt !== null || !(await mayTouch(row.vehicleId)))
        throw new Fault('paper/unknown-renewal')
      await reading.endRenewals(row.vehicleId, row.kind, { endedAt: clock.now(), endedBy: by, paperId: null })
      deps.changed(row.vehicleId)
    },
    /** What rules and cards may ask: the last day of each paper that exists, as `dkUntil`, `osagoUntil`, `osgopUntil`. */
    untilOf: async (vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, PaperDates>> => {
      const standings = await standingsOf(vehicles)
      return new Map([...standings].map(([vehicle, own]) => [vehicle, datesOf(own)]))
    },
  }
}

/** Whether the caller sees the vehicle. */
export type MayTouch = (vehicle: VehicleId) => Promise<boolean>

export type PaperDates = { readonly dkUntil?: Day; readonly osagoUntil?: Day; readonly osgopUntil?: Day }

function datesOf(standings: readonly PaperStanding[]): PaperDates {
  const dated = standings.flatMap(({ kind, validUntil }) => (validUntil === null ? [] : [[`${kind}Until`, validUntil]]))
  return Object.fromEntries(dated)
}
