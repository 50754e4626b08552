import type { Clock } from '#contract/instant.ts'
import type { Profile } from '#contract/profile.ts'
import type { DriveReading, WritesRelay } from '../immobilizer/relay-output.ts'
import { declaredWrite } from './deny.ts'
import { cellOf, decodeReading } from './device-readings.ts'
import type { ModbusDevice } from './modbus-client.ts'
import { spansOf } from './register-plan.ts'

/**
 * A relay driven by the profile's immobilizer action over Modbus. Throws at once when the profile has no such action or
 * is experimental: such a device cannot be an immobilizer.
 */
export function createRelayClient(deps: {
  readonly modbus: ModbusDevice
  readonly profile: Profile
  readonly clock: Clock
}): WritesRelay {
  const { modbus, profile, clock } = deps
  const name = profile.actions?.immobilizer.readBack.reading ?? ''
  const reading = profile.readings[name]
  if (declaredWrite(profile, 'free') === undefined || reading === undefined || !('address' in reading)) {
    throw new Error(`profile ${profile.id} has no immobilizer action over Modbus`)
  }
  if (profile.status === 'experimental') throw new Error(`profile ${profile.id} is experimental and drives no relay`)
  const [span] = spansOf(reading, profile.defaults)
  if (span === undefined) throw new Error(`profile ${profile.id}: ${name} has no address`)

  const unknown = (cause: string): DriveReading => ({ drive: 'unknown', cause, steadyAt: clock.steady() })

  return {
    readDrive: async (stop) => {
      const result = await modbus.read(span, 'verify', stop)
      if (result.kind === 'failed') return unknown(result.reason)
      const image = new Map(result.values.map((value, index) => [cellOf(span.table, span.address + index), value]))
      const outcome = decodeReading(reading, profile, image, { state: 'probing', streak: 0 })
      if ('reason' in outcome) return unknown(outcome.reason)
      const drive = outcome.value
      return drive === 'free' || drive === 'blocked' ? { drive, steadyAt: clock.steady() } : unknown('decode')
    },
    writeDrive: async (drive, stop, mayStill) => {
      const write = declaredWrite(profile, drive)
      if (write === undefined) throw new Error(`profile ${profile.id} declares no value for ${drive}`)
      await modbus.write(write, stop, mayStill)
    },
  }
}
