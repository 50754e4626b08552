import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { MessageId, MessageState, Way } from '../messages/message.ts'
import type { ParkId } from '../parks/park.ts'
import type { Json } from './column.ts'

export type MessageTable = {
  readonly id: MessageId
  readonly key: string
  /** Name of the template. */
  readonly kind: string
  readonly text: string
  readonly shown: string
  readonly toKind: 'driver' | 'group' | 'phone'
  readonly toName: string
  readonly driverId: DriverId | null
  readonly vehicleId: VehicleId | null
  readonly parkId: ParkId | null
  readonly ways: Json<readonly Way[]>
  /** Ids of files that go with it, where its channel takes files. */
  readonly attach: Json<readonly string[]>
  /** Whether it has to be known to have arrived: else the next way is tried. */
  readonly proof: boolean
  readonly state: MessageState
  readonly channel: string | null
  readonly address: string | null
  readonly providerId: string | null
  readonly attempts: number
  readonly trouble: string
  readonly because: string
  readonly createdAt: EpochMs
  readonly dueAt: EpochMs | null
  readonly sentAt: EpochMs | null
  readonly deliveredAt: EpochMs | null
}

export type MessageGroupTable = {
  readonly name: string
  readonly title: string
  readonly phones: Json<readonly string[]>
  readonly emails: Json<readonly string[]>
}

export type MessageTables = { messages: MessageTable; messageGroups: MessageGroupTable }
