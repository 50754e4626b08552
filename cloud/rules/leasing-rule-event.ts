import type { EpochMs } from '#contract/instant.ts'
import type { LeasingEvent } from '../leases/leasing-event.ts'
import type { RuleEvent } from './ports.ts'

/** Pure. What leases, shifts and money tell, as rules hear it: about which vehicle or which driver. */
export function leasingRuleEvent(event: LeasingEvent, id: string, now: EpochMs): RuleEvent {
  switch (event.name) {
    case 'balance.changed':
      return {
        id,
        name: event.name,
        at: event.asOf,
        payload: { kopecks: event.kopecks },
        about: { driverId: event.driverId },
      }
    case 'promise.changed':
      return { id, name: event.name, at: now, payload: { state: event.state }, about: { driverId: event.driverId } }
    // Of the vehicle, not of one driver: the shift of one is what frees the other.
    case 'shift.opened':
    case 'shift.closed':
      return { id, name: event.name, at: event.at, payload: {}, about: { vehicleId: event.vehicleId } }
    case 'lease.changed':
      return {
        id,
        name: event.name,
        at: event.at,
        payload: { state: event.state },
        about: { vehicleId: event.vehicleId },
      }
    default:
      return event satisfies never
  }
}
