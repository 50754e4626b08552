import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { HoldReason } from '#contract/order.ts'
import type { AppealId } from '../appeals/appeal.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { Phone } from '../drivers/phone.ts'
import type { ParkId } from '../parks/park.ts'
import type { Json } from './column.ts'

export type DriverCodeRow = {
  readonly id: string
  readonly phone: Phone
  readonly address: string
  readonly codeHash: string
  readonly createdAt: EpochMs
  readonly expiresAt: EpochMs
  readonly tries: number
  readonly usedAt: EpochMs | null
}

export type DriverSessionRow = {
  readonly tokenHash: string
  readonly driverId: DriverId
  readonly createdAt: EpochMs
  readonly expiresAt: EpochMs
}

export type AppealTable = {
  readonly id: AppealId
  readonly driverId: DriverId
  readonly parkId: ParkId
  readonly vehicleId: VehicleId | null
  readonly reason: string
  readonly holds: Json<readonly HoldReason[]>
  readonly at: EpochMs
  readonly answer: string | null
  readonly answeredAt: EpochMs | null
  readonly answeredBy: string | null
}

export type ClientLinkRow = {
  readonly tokenHash: string
  readonly client: string
  readonly createdAt: number
  readonly createdBy: string
  readonly expiresAt: number
  readonly closedAt: number | null
  readonly seenAt: number | null
}

export type PageTables = {
  driverCodes: DriverCodeRow
  driverSessions: DriverSessionRow
  appeals: AppealTable
  clientLinks: ClientLinkRow
}
