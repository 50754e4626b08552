import type { Day, Lease, LeasePlan } from '../api/leasing.ts'

/** A lease while it is being agreed. */
export type LeaseDraft = {
  readonly vehicleId: string | null
  readonly plan: LeasePlan
  /** The first is the main one. */
  readonly drivers: readonly (string | null)[]
  readonly startsOn: Day
  readonly endsOn: Day
  readonly depositKopecks: number | null
  readonly rates: readonly (number | null)[]
  readonly chargeAt: string
  readonly freeDays: string
  readonly payer: 'main' | 'shift'
  readonly priceKopecks: number | null
  readonly initialKopecks: number | null
  readonly shareKopecks: number | null
  readonly marketValueKopecks: number | null
  readonly note: string
}

/** Pure. */
export const draftOf = (lease: Lease | null, today: Day): LeaseDraft => ({
  vehicleId: lease?.vehicle.id ?? null,
  plan: lease?.plan ?? 'rent',
  drivers:
    lease === null
      ? [null]
      : lease.drivers.toSorted((one, other) => Number(other.main) - Number(one.main)).map(({ id }) => id),
  startsOn: lease?.startsOn ?? today,
  endsOn: lease?.endsOn ?? '',
  depositKopecks: lease?.depositKopecks ?? null,
  rates: lease?.schedule?.rates ?? Array.from({ length: 7 }, () => null),
  chargeAt: lease?.schedule?.chargeAt ?? '00:00',
  freeDays: lease?.schedule?.freeDays.join(', ') ?? '',
  payer: lease?.schedule?.payer ?? 'main',
  priceKopecks: lease?.buyout?.priceKopecks ?? null,
  initialKopecks: lease?.buyout?.initialKopecks ?? null,
  shareKopecks: lease?.buyout?.dailyShareKopecks ?? null,
  marketValueKopecks: lease?.marketValueKopecks ?? null,
  note: lease?.note ?? '',
})

const daysIn = (text: string): readonly Day[] => text.split(/[\s,;]+/).filter((day) => day !== '')

/** Pure. The terms as the server takes them; what the form does not show stays as it was. */
export function termsOf(draft: LeaseDraft, before: Lease | null): Readonly<Record<string, unknown>> {
  return {
    plan: draft.plan,
    drivers: draft.drivers.flatMap((driverId, index) => (driverId === null ? [] : [{ driverId, main: index === 0 }])),
    startsOn: draft.startsOn,
    endsOn: draft.endsOn === '' ? null : draft.endsOn,
    depositKopecks: draft.depositKopecks ?? 0,
    schedule: {
      holidays: before?.schedule?.holidays ?? [],
      holidayRateKopecks: before?.schedule?.holidayRateKopecks ?? 0,
      rates: draft.rates.map((rate) => rate ?? 0),
      chargeAt: draft.chargeAt,
      freeDays: daysIn(draft.freeDays),
      payer: draft.payer,
    },
    buyout:
      draft.plan === 'buyout'
        ? {
            priceKopecks: draft.priceKopecks ?? 0,
            initialKopecks: draft.initialKopecks ?? 0,
            dailyShareKopecks: draft.shareKopecks ?? 0,
          }
        : null,
    marketValueKopecks: draft.marketValueKopecks,
    note: draft.note,
  }
}

/** Pure. Whether enough has been written to be sent; the rest the server says. */
export const isComplete = (draft: LeaseDraft): boolean =>
  draft.vehicleId !== null &&
  draft.drivers[0] !== null &&
  draft.startsOn !== '' &&
  draft.rates.some((rate) => rate !== null) &&
  daysIn(draft.freeDays).every((day) => /^\d{4}-\d{2}-\d{2}$/.test(day)) &&
  (draft.plan !== 'buyout' || draft.priceKopecks !== null)
