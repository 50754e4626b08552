import type { VehicleId } from '#contract/ids.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { Channel, Tried } from './message.ts'

export type MessageFile = { readonly name: string; readonly type: string; readonly bytes: Uint8Array }

/** One way out of the house. `send` and `ask` never reject: what goes wrong is an outcome. */
export type MessageChannel = {
  readonly id: Channel
  /** Absent: a text alone. */
  readonly takes?: 'files'
  send(
    message: {
      readonly to: string
      readonly text: string
      readonly key: string
      /** Whom it is about, where that is known. */
      readonly driverId?: DriverId | undefined
      readonly vehicleId?: VehicleId | undefined
      readonly files?: readonly MessageFile[]
    },
    stop: AbortSignal,
  ): Promise<Tried>
  /** What has become of a message; absent where the vendor does not tell. */
  ask?(
    message: { readonly to: string; readonly providerId: string },
    stop: AbortSignal,
  ): Promise<'sent' | 'delivered' | 'failed' | 'unknown'>
}

/** Pure. How an HTTP status that is no success is to be taken: their trouble passes, ours does not. */
export function trouble(status: number, retryAfter: string | null, why: string): Tried {
  const seconds = Number(retryAfter)
  const after = retryAfter === null || !Number.isFinite(seconds) ? undefined : Math.max(0, seconds) * 1000
  return status === 429 || status === 408 || status >= 500
    ? { outcome: 'later', why: `${status} ${why}`.trim(), after }
    : { outcome: 'refused', why: `${status} ${why}`.trim() }
}

/** Pure. Parts in which a text is sent and paid: 70 Cyrillic characters in one, 67 in each of several. */
export const segments = (text: string): number => {
  const [alone, joined] = /^[\x20-\x7e\n\r]*$/.test(text) ? [160, 153] : [70, 67]
  return text.length <= alone ? 1 : Math.ceil(text.length / joined)
}
