import type { DeviceId, GatewayId } from '#contract/ids.ts'
import type { Installation } from '#contract/installation.ts'
import type { Delivery } from '../interlock/fix-track.ts'
import { interlockPolicy } from '../interlock/interlock-policy.ts'
import type { Installed } from './immobilizer-state.ts'

type Given = {
  readonly gatewayId: GatewayId
  readonly gnss: DeviceId | undefined
  readonly software: string
  readonly boot: string
  readonly allowRunningCircuitCut: boolean
}

/** Pure. What of the installation matters to the immobilizer. */
export function installedFrom(installation: Installation, given: Given): Installed {
  const { ignition, motion, immobilizer, sealed } = installation
  return {
    gatewayId: given.gatewayId,
    vehicleId: installation.vehicleId,
    sources: {
      ...(ignition === undefined ? {} : { ignition }),
      ...(motion === undefined ? {} : { motion }),
      ...(immobilizer?.sense === undefined ? {} : { sense: immobilizer.sense }),
      ...(immobilizer === undefined ? {} : { relay: immobilizer.device }),
      ...(given.gnss === undefined ? {} : { gnss: given.gnss, gnssDelivery: deliveryOf(installation, given.gnss) }),
    },
    policy: interlockPolicy(installation.interlock, { allowRunningCircuitCut: given.allowRunningCircuitCut }),
    ...(immobilizer === undefined ? {} : { circuit: immobilizer.circuit }),
    ...(sealed === undefined ? {} : { sealedAt: sealed.at }),
    software: given.software,
    boot: given.boot,
  }
}

/** A register is asked; everything else speaks when it has something to say. */
function deliveryOf({ devices }: Installation, gnss: DeviceId): Delivery {
  const kind = devices.find(({ id }) => id === gnss)?.port.kind
  return kind === undefined || kind.startsWith('modbus') ? 'polled' : 'sent'
}
