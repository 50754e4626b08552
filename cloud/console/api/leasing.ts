import type { InstantText } from './vehicle.ts'

/** A Moscow day, `YYYY-MM-DD`. */
export type Day = string

export type LegalForm = 'sole-trader' | 'self-employed' | 'person'
export type DriverState = 'candidate' | 'active' | 'paused' | 'left' | 'merged'
export type ChannelName = 'max' | 'sms' | 'call' | 'email'
export type Consent = 'given' | 'refused' | 'not-asked'

export type Driver = {
  readonly id: string
  readonly parkId: string
  readonly fullName: string
  readonly shortName: string
  readonly familyName: string
  readonly givenName: string
  readonly patronymic: string
  readonly legalForm: LegalForm
  readonly state: DriverState
  readonly mergedInto: string | null
  readonly phones: readonly { readonly phone: string | null; readonly main: boolean }[]
  readonly channels: readonly {
    readonly channel: ChannelName
    readonly address: string | null
    readonly consent: Consent
    readonly consentAt: InstantText | null
  }[]
  readonly ref: { readonly source: string; readonly externalId: string } | null
  readonly balance: { readonly kopecks: number; readonly asOf: InstantText; readonly source: string } | null
  readonly note: string
  readonly version: number
  readonly createdAt: InstantText
}

export type DriverSecrets = {
  readonly birthDate: Day | null
  readonly passportNumber: string | null
  readonly passportIssuedBy: string | null
  readonly passportIssuedOn: Day | null
  readonly licenceNumber: string | null
  readonly licenceUntil: Day | null
  readonly address: string | null
}

export type DriverStep = {
  readonly at: InstantText
  readonly by: string
  readonly changes: readonly { readonly field: string; readonly from?: string; readonly to?: string }[]
}

export type LeasePlan = 'rent' | 'lease' | 'buyout'
export type LeaseState = 'draft' | 'active' | 'returning' | 'closed' | 'cancelled'
export type LeaseEvent = 'activate' | 'cancel' | 'return' | 'resume' | 'close'

export type Schedule = {
  /** Kopecks a day, Monday to Sunday. */
  readonly rates: readonly number[]
  readonly chargeAt: string
  readonly freeDays: readonly Day[]
  readonly holidays: readonly Day[]
  readonly holidayRateKopecks: number
  readonly payer: 'main' | 'shift'
}

type PlateOf = { readonly id: string; readonly plate: string }

export type Lease = {
  readonly id: string
  readonly number: number
  readonly parkId: string
  readonly vehicle: PlateOf
  readonly drivers: readonly {
    readonly id: string
    readonly name: string
    readonly main: boolean
    readonly since: InstantText
  }[]
  readonly plan: LeasePlan
  readonly state: LeaseState
  readonly startsOn: Day
  readonly endsOn: Day | null
  /** Null for a role that does not see terms in money. */
  readonly depositKopecks: number | null
  readonly schedule: Schedule | null
  readonly buyout: {
    readonly priceKopecks: number
    readonly initialKopecks: number
    readonly dailyShareKopecks: number
  } | null
  readonly marketValueKopecks: number | null
  readonly note: string
  readonly activatedAt: InstantText | null
  readonly returningAt: InstantText | null
  readonly endedAt: InstantText | null
  readonly parking: string | null
  readonly nextChargeAt: InstantText | null
  readonly version: number
  readonly createdAt: InstantText
}

export type LeaseStep = {
  readonly at: InstantText
  readonly state: LeaseState
  readonly by: string
  readonly note: string
}

export type Shift = {
  readonly id: string
  readonly leaseId: string
  readonly vehicle: PlateOf
  readonly driver: { readonly id: string; readonly name: string }
  readonly openedAt: InstantText
  readonly openedBy: string
  readonly closedAt: InstantText | null
  readonly closedBy: string | null
}
