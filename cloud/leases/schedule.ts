import { z } from 'zod'
import { type EpochMs, epochMs } from '#contract/instant.ts'
import { Day, DayTime, dayOf, dayPlus, momentOf, weekdayOf } from '../calendar/moscow-day.ts'

export const Kopecks = z.int().min(0).max(1_000_000_000)

/** What a day of a lease costs, and when it is charged. */
export const Schedule = z.strictObject({
  /** Kopecks a day, Monday to Sunday; 0 is a free day of the week. */
  rates: z.array(Kopecks).length(7).readonly(),
  /** Moscow time. */
  chargeAt: DayTime.default('00:00'),
  /** Days that cost nothing, such as those of a repair. */
  freeDays: z.array(Day).max(400).readonly().default([]),
  /** Days that cost `holidayRateKopecks`, whatever the day of the week. */
  holidays: z.array(Day).max(400).readonly().default([]),
  holidayRateKopecks: Kopecks.default(0),
  /** Of a lease with several drivers: the main one pays, or each for his part of the shifts of the 24 hours before. */
  payer: z.enum(['main', 'shift']).default('main'),
})
export type Schedule = z.infer<typeof Schedule>

export type DayRate = { readonly kopecks: number; readonly why: 'weekday' | 'free-day' | 'holiday' }

/** Pure. What this day costs. */
export function rateOf(schedule: Schedule, day: Day): DayRate {
  if (schedule.freeDays.includes(day)) return { kopecks: 0, why: 'free-day' }
  if (schedule.holidays.includes(day)) return { kopecks: schedule.holidayRateKopecks, why: 'holiday' }
  return { kopecks: schedule.rates[weekdayOf(day)] ?? 0, why: 'weekday' }
}

/** Pure. When the first day of a lease is charged: that day's hour, but not before the vehicle was handed over. */
export function firstChargeAt(schedule: Schedule, startsOn: Day, activatedAt: EpochMs): EpochMs {
  const handedOver = dayOf(activatedAt)
  const hour = momentOf(handedOver < startsOn ? startsOn : handedOver, schedule.chargeAt)
  return hour < activatedAt ? activatedAt : hour
}

export type DueCharges = {
  readonly days: readonly { readonly day: Day; readonly at: EpochMs }[]
  readonly nextAt: EpochMs
}

/** Pure. The days to be charged by now, oldest first and at most `most`, and when the next one is due. */
export function dueCharges(schedule: Schedule, nextAt: EpochMs, now: EpochMs, most: number): DueCharges {
  const days: { day: Day; at: EpochMs }[] = []
  let at = nextAt
  while (at <= now && days.length < most) {
    const day = dayOf(at)
    days.push({ day, at })
    at = momentOf(dayPlus(day, 1), schedule.chargeAt)
  }
  return { days, nextAt: epochMs(at) }
}
