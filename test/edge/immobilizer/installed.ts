import { GatewayId, VehicleId } from '#contract/ids.ts'
import type { Installed } from '../../../edge/immobilizer/immobilizer-state.ts'
import { interlockPolicy } from '../../../edge/interlock/interlock-policy.ts'
import { SOURCES } from '../../support/moments.ts'

/** A sealed gateway with a starter circuit and two sources of motion. */
export const INSTALLED: Installed = {
  gatewayId: GatewayId.parse('gw-testtest1'),
  vehicleId: VehicleId.parse('3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11'),
  sources: SOURCES,
  policy: interlockPolicy({ relayRestMs: 0 }),
  circuit: 'starter',
  sealedAt: '2026-11-01T09:00:00Z',
  software: 'test',
  boot: 'boot-1',
}
