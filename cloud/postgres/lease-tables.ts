import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { Day } from '../calendar/moscow-day.ts'
import type { DriverChanges, DriverChannel, DriverId, LegalForm } from '../drivers/driver.ts'
import type { Phone } from '../drivers/phone.ts'
import type { BuyoutTerms, LeaseId, LeasePlan, LeaseState, ShiftId } from '../leases/lease.ts'
import type { Schedule } from '../leases/schedule.ts'
import type { ParkId } from '../parks/park.ts'
import type { Generated, Json } from './column.ts'

export type DriverRow = {
  readonly id: DriverId
  readonly parkId: ParkId
  readonly familyName: string
  readonly givenName: string
  readonly patronymic: string
  readonly legalForm: LegalForm
  readonly state: 'candidate' | 'active' | 'paused' | 'left' | 'merged'
  readonly mergedInto: DriverId | null
  readonly note: string
  readonly version: number
  readonly createdAt: EpochMs
}

export type DriverPhoneRow = { readonly driverId: DriverId; readonly phone: Phone; readonly main: boolean }

export type DriverChannelRow = {
  readonly driverId: DriverId
  readonly channel: DriverChannel
  readonly address: string
  readonly consent: 'given' | 'refused' | 'not-asked'
  readonly consentAt: EpochMs | null
}

export type DriverSecretRow = {
  readonly driverId: DriverId
  readonly birthDate: string | null
  readonly passportNumber: string | null
  readonly passportIssuedBy: string | null
  readonly passportIssuedOn: string | null
  readonly licenceNumber: string | null
  readonly licenceUntil: string | null
  readonly address: string | null
  readonly changedAt: EpochMs
  readonly erasedAt: EpochMs | null
}

type DriverChangeTable = {
  readonly id: Generated<number>
  readonly driverId: DriverId
  readonly at: EpochMs
  readonly byId: string
  readonly byName: string
  readonly changes: Json<DriverChanges>
}

export type DriverRefRow = { readonly source: string; readonly externalId: string; readonly driverId: DriverId }

export type LeaseRow = {
  readonly id: LeaseId
  readonly number: number
  readonly parkId: ParkId
  readonly vehicleId: VehicleId
  readonly plan: LeasePlan
  readonly state: LeaseState
  readonly startsOn: Day
  readonly endsOn: Day | null
  readonly depositKopecks: number
  readonly schedule: Schedule
  readonly buyout: BuyoutTerms | null
  readonly marketValueKopecks: number | null
  readonly note: string
  readonly version: number
  readonly createdAt: EpochMs
  readonly createdBy: string
  readonly activatedAt: EpochMs | null
  readonly returningAt: EpochMs | null
  readonly endedAt: EpochMs | null
  readonly parking: string | null
  readonly nextChargeAt: EpochMs | null
}

type LeaseTable = Omit<LeaseRow, 'number' | 'schedule' | 'buyout'> & {
  readonly number: Generated<number>
  readonly schedule: Json<Schedule>
  readonly buyout: Json<BuyoutTerms> | null
}

export type LeasePartyRow = {
  readonly leaseId: LeaseId
  readonly driverId: DriverId
  readonly main: boolean
  readonly fromAt: EpochMs
  readonly untilAt: EpochMs | null
}

export type LeaseStepRow = {
  readonly leaseId: LeaseId
  readonly at: EpochMs
  readonly state: LeaseState
  readonly byId: string
  readonly byName: string
  readonly note: string
}

export type ShiftRow = {
  readonly id: ShiftId
  readonly leaseId: LeaseId
  readonly vehicleId: VehicleId
  readonly driverId: DriverId
  readonly openedAt: EpochMs
  readonly openedBy: string
  readonly closedAt: EpochMs | null
  readonly closedBy: string | null
}

export type LeaseTables = {
  drivers: DriverRow
  driverPhones: DriverPhoneRow
  driverChannels: DriverChannelRow
  driverSecrets: DriverSecretRow
  driverChanges: DriverChangeTable
  driverRefs: DriverRefRow
  leases: LeaseTable
  leaseParties: LeasePartyRow
  leaseSteps: LeaseStepRow
  shifts: ShiftRow
}
