import { z } from 'zod'
import { EpochMs } from '#contract/instant.ts'
import type { PastFrame } from '../history/history.ts'
import { countMileage, type Mileage, type MileageState, NO_MILEAGE_STATE } from '../history/mileage.ts'
import { oneLine } from '../history/source.ts'

/**
 * Why a day has a value, or another one than before: its first; frames came late; an earlier day changed, and with it
 * where this one begins; or frames are gone from history (retention), so that the old value stands.
 */
export const RevisionReason = z.enum(['first', 'late-frames', 'earlier-day-changed', 'frames-gone'])
export type RevisionReason = z.infer<typeof RevisionReason>

/** What a day's frames come to, given where the count stood before it. */
export type DayValue = Mileage & {
  /** How many frames it was counted from. */
  readonly frames: number
  /** Where the count stands at its end, as text: two of them are compared as they stand. */
  readonly carry: string
}

const Position = z.strictObject({ lat: z.number(), lon: z.number(), accuracyM: z.number().nullable() })
const State: z.ZodType<MileageState> = z.strictObject({
  odometer: z
    .strictObject({
      reading: z.strictObject({ readAt: EpochMs, odometerKm: z.number().nullable(), position: Position.nullable() }),
      advancedAt: EpochMs,
      blind: z.boolean(),
      heldKm: z.number().exactOptional(),
      aheadKm: z.number().exactOptional(),
    })
    .nullable(),
  place: z
    .strictObject({
      anchor: z.strictObject({ readAt: EpochMs, position: Position }),
      seenAt: EpochMs,
      blind: z.boolean(),
      strange: z.int(),
    })
    .nullable(),
})

/** Pure. Counts a day; `before` is the carry of the nearest earlier day that has one. Frames in any order. */
export function countDay(frames: readonly PastFrame[], before: string | undefined): DayValue {
  const state = before === undefined ? NO_MILEAGE_STATE : State.parse(JSON.parse(before))
  const { mileage, after } = countMileage(oneLine(frames), state)
  return { ...mileage, frames: frames.length, carry: JSON.stringify(State.parse(after)) }
}

/**
 * Pure. The revision to write behind `known` (the day's newest), or undefined when nothing has changed. A value is never
 * replaced by one of fewer frames: what history has forgotten was counted while it was there.
 */
export function revise(
  known: (DayValue & { readonly reason: RevisionReason }) | undefined,
  fresh: DayValue,
): { readonly value: DayValue; readonly reason: RevisionReason } | undefined {
  if (known === undefined) return { value: fresh, reason: 'first' }
  if (fresh.frames < known.frames) {
    const { reason, ...value } = known
    return reason === 'frames-gone' ? undefined : { value, reason: 'frames-gone' }
  }
  if (fresh.frames > known.frames) return { value: fresh, reason: 'late-frames' }
  return sameValue(known, fresh) ? undefined : { value: fresh, reason: 'earlier-day-changed' }
}

const sameValue = (a: DayValue, b: DayValue): boolean =>
  a.km === b.km &&
  a.errorKm === b.errorKm &&
  a.source === b.source &&
  a.carry === b.carry &&
  a.gaps.length === b.gaps.length &&
  a.gaps.every((gap, index) => {
    const other = b.gaps[index]
    return gap.from === other?.from && gap.to === other.to && gap.km === other.km
  })
