import type { Day } from './leasing.ts'
import type { InstantText } from './vehicle.ts'

type Forecast = {
  readonly forDay: Day
  readonly expectedKopecks: number
  readonly p20Kopecks: number
  readonly p80Kopecks: number
}

export type Morning = {
  readonly asOf: InstantText
  readonly vehicles: number
  readonly leased: number
  readonly onLine: { readonly share: number | null }
  readonly fit: { readonly share: number | null }
  readonly idle:
    | readonly {
        readonly reason: string
        readonly vehicles: number
        readonly hours: number
        readonly kopecks: number
      }[]
    | null
  readonly moneyAtRisk: { readonly kopecks: number; readonly vehicles: number; readonly unvalued: number }
  readonly arrears: Forecast & {
    readonly drivers: number
    readonly unknown: number
    readonly lastWeek: (Forecast & { readonly madeOn: Day; readonly actualKopecks: number | null }) | null
  }
  readonly readyToLine: {
    readonly medianMinutes: number | null
    readonly p90Minutes: number | null
    readonly count: number | null
  }
  readonly overdueInspections: { readonly count: number | null }
}

export const NUMBER_NAMES = ['idle', 'money-at-risk', 'arrears', 'ready-to-line', 'overdue-inspections'] as const

export type NumberItem = {
  readonly vehicle: { readonly id: string; readonly plate: string } | null
  readonly driver: { readonly id: string; readonly name: string } | null
  readonly kopecks: number | null
  readonly minutes: number | null
  readonly note: string
}
