import { GatewayId, VehicleId } from '#contract/ids.ts'

const TEN = Array.from({ length: 10 }, (_, vehicle) => ({
  gateway: GatewayId.parse(`gw-simcar00${vehicle}`),
  vehicle: VehicleId.parse(`00000000-0000-4000-8000-00000000000${vehicle}`),
}))
const tenOf = (vehicle: number) => {
  const ids = TEN[vehicle]
  if (ids === undefined) throw new Error('a run has at most ten vehicles')
  return ids
}
export const gatewayIdOf = (vehicle: number): GatewayId => tenOf(vehicle).gateway
export const vehicleIdOf = (vehicle: number): VehicleId => tenOf(vehicle).vehicle
