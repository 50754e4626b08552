import type { HoldReason } from '#contract/order.ts'
import type { InstantText } from './vehicle.ts'

export type Appeal = {
  readonly id: string
  readonly driverId: string
  readonly vehicleId: string | null
  readonly reason: string
  readonly holds: readonly HoldReason[]
  readonly at: InstantText
  readonly answer: string | null
  readonly answeredAt: InstantText | null
  readonly answeredBy: string | null
}
