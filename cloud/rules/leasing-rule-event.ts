import type { EpochMs } from '#contract/instant.ts'
import type { LeasingEvent } from '../leases/leasing-event.ts'
import type { RuleEvent } from './ports.ts'

/** Pure. What leases, shifts and money tell, as rules hear it: about which vehicle or which driver. */
export function leasingRuleEvent(event: LeasingEvent, now: EpochMs): RuleEvent {
  const id = idOf(event)
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

/** The same happening told again has the same id. */
function idOf(event: LeasingEvent): string {
  switch (event.name) {
    case 'balance.changed':
      return `${event.name} ${event.driverId} ${event.asOf} ${event.kopecks}`
    case 'promise.changed':
      return `${event.name} ${event.promiseId} ${event.state}`
    case 'shift.opened':
    case 'shift.closed':
      return `${event.name} ${event.vehicleId} ${event.driverId} ${event.at}`
    case 'lease.changed':
      return `${event.name} ${event.leaseId} ${event.state} ${event.at}`
    default:
      return event satisfies never
  }
}
