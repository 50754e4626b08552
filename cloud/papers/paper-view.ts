import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { Day } from '../calendar/moscow-day.ts'
import type { PaperRow } from '../postgres/upkeep-tables.ts'
import { PaperId, PaperKind, type PaperStanding, PaperState, RenewalId } from './paper.ts'
import type { PaperLine } from './paper-store.ts'

/** How one kind of paper of a vehicle stands; days of the Moscow calendar, valid through `validUntil`. */
export const PaperStandingView = z.strictObject({
  kind: PaperKind,
  state: PaperState,
  validUntil: Day.nullable(),
  daysLeft: z.int().nullable(),
})

export type PaperStandingView = z.infer<typeof PaperStandingView>

/** A paper as it was entered. */
export const PaperView = z
  .strictObject({
    id: PaperId,
    vehicleId: VehicleId,
    kind: PaperKind,
    number: z.string(),
    issuedBy: z.string(),
    validUntil: Day,
    note: z.string(),
    addedAt: Instant,
    addedBy: z.string(),
    withdrawn: z.strictObject({ at: Instant, by: z.string(), note: z.string() }).nullable(),
  })
  .meta({ id: 'Paper' })
export type PaperView = z.infer<typeof PaperView>

/** A line of the list of papers: one kind of one vehicle, also where there is no paper. */
export const PaperLineView = PaperStandingView.extend({
  vehicleId: VehicleId,
  plate: z.string(),
  model: z.string(),
  paperId: PaperId.nullable(),
  number: z.string().nullable(),
  renewal: z.strictObject({ id: RenewalId, sentAt: Instant, sentBy: z.string() }).nullable(),
})
export type PaperLineView = z.infer<typeof PaperLineView>

/** Pure. */
export const paperView = ({ withdrawnAt, withdrawnBy, withdrawNote, ...row }: PaperRow): PaperView => ({
  ...row,
  withdrawn: withdrawnAt === null ? null : { at: withdrawnAt, by: withdrawnBy ?? '', note: withdrawNote ?? '' },
})

/** Pure. */
export const paperLineView = (line: PaperLine, standing: PaperStanding): PaperLineView => ({
  ...standing,
  vehicleId: line.vehicleId,
  plate: line.plate,
  model: line.model,
  paperId: line.paperId,
  number: line.number,
  renewal:
    line.renewalId === null || line.sentAt === null
      ? null
      : { id: line.renewalId, sentAt: line.sentAt, sentBy: line.sentBy ?? '' },
})
