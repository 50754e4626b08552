import type { InstantText } from './vehicle.ts'

export const MESSAGE_STATES = ['queued', 'sent', 'delivered', 'failed', 'no-channel'] as const

export type Message = {
  readonly id: string
  readonly kind: string
  readonly title: string
  readonly text: string
  readonly to: { readonly kind: 'driver' | 'group' | 'phone'; readonly name: string }
  readonly driverId: string | null
  readonly vehicleId: string | null
  readonly state: (typeof MESSAGE_STATES)[number]
  readonly channel: 'max' | 'sms' | 'call' | 'email' | 'log' | null
  readonly outside: 'yes' | 'no'
  readonly trouble: string
  readonly because: string
  readonly createdAt: InstantText
  readonly dueAt: InstantText | null
  readonly sentAt: InstantText | null
  readonly deliveredAt: InstantText | null
}
