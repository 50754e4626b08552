import { z } from 'zod'
import { Kopecks } from './schedule.ts'

export const LeaseId = z.uuid().brand<'LeaseId'>()
export type LeaseId = z.infer<typeof LeaseId>

export const ShiftId = z.uuid().brand<'ShiftId'>()
export type ShiftId = z.infer<typeof ShiftId>

export const LeasePlan = z.enum(['rent', 'lease', 'buyout'])
export type LeasePlan = z.infer<typeof LeasePlan>

export const LeaseState = z.enum(['draft', 'active', 'returning', 'closed', 'cancelled'])
export type LeaseState = z.infer<typeof LeaseState>

/** How a driver comes to own the vehicle. */
export const BuyoutTerms = z.strictObject({
  priceKopecks: Kopecks.min(1),
  /** Paid at the beginning. */
  initialKopecks: Kopecks.default(0),
  /** Of each day's charge this much counts towards the price. */
  dailyShareKopecks: Kopecks,
})
export type BuyoutTerms = z.infer<typeof BuyoutTerms>

export type LeaseEvent = 'activate' | 'cancel' | 'return' | 'resume' | 'close'

const PATHS: Readonly<Record<LeaseState, Partial<Readonly<Record<LeaseEvent, LeaseState>>>>> = {
  draft: { activate: 'active', cancel: 'cancelled' },
  active: { return: 'returning' },
  returning: { resume: 'active', close: 'closed' },
  closed: {},
  cancelled: {},
}

/** Pure. The state after an event; undefined when this state knows no such event. */
export const advance = (state: LeaseState, event: LeaseEvent): LeaseState | undefined => PATHS[state][event]

/** Pure. Whether the vehicle is in the drivers' hands, and days are charged. */
export const isRunning = (state: LeaseState): boolean => state === 'active' || state === 'returning'

/** Pure. Why terms cannot be agreed to; undefined when they can. */
export function troubleWith(terms: {
  readonly plan: LeasePlan
  readonly buyout: BuyoutTerms | null
  readonly startsOn: string
  readonly endsOn: string | null
  readonly drivers: readonly { readonly driverId: string; readonly main: boolean }[]
}): string | undefined {
  const { plan, buyout, startsOn, endsOn, drivers } = terms
  if ((plan === 'buyout') !== (buyout !== null)) return 'terms of a buy-out belong to the plan buyout, and only there'
  if (buyout !== null && buyout.initialKopecks > buyout.priceKopecks) return 'more is paid at first than the price'
  if (endsOn !== null && endsOn < startsOn) return 'it ends before it starts'
  if (drivers.filter(({ main }) => main).length !== 1) return 'exactly one driver is the main one'
  if (new Set(drivers.map(({ driverId }) => driverId)).size !== drivers.length) return 'a driver is named twice'
  return undefined
}
