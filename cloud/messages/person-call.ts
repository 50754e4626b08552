import type { VehicleId } from '#contract/ids.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { MessageChannel } from './channel.ts'

/** Asks that a person calls; the same key again is the same call. */
export type AskToCall = (call: {
  readonly key: string
  readonly driverId: DriverId
  readonly vehicleId: VehicleId | undefined
  readonly text: string
}) => Promise<void>

/**
 * The channel `call`: a task for a person, with what is to be said. It counts as delivered once that person says so, and
 * never by itself.
 */
export function createPersonCall(ask: AskToCall): MessageChannel {
  return {
    id: 'call',
    send: async ({ key, text, driverId, vehicleId }) => {
      if (driverId === undefined) return { outcome: 'refused', why: 'nobody knows which driver to call' }
      try {
        await ask({ key: `call ${key}`, driverId, vehicleId, text })
        return { outcome: 'sent', providerId: null }
      } catch {
        return { outcome: 'later', why: 'the task could not be opened' }
      }
    },
  }
}
