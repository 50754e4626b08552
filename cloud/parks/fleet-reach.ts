import { GatewayId, OrderId, VehicleId } from '#contract/ids.ts'
import type { ParksInSight } from '../http/access.ts'
import type { Reach } from '../http/reach.ts'

type Deps = {
  inSight(parks: ParksInSight, vehicles: readonly VehicleId[]): Promise<ReadonlySet<VehicleId>>
  ordersInSight(parks: ParksInSight, orders: readonly OrderId[]): Promise<ReadonlySet<OrderId>>
  /** The vehicle a gateway is in, or was meant for. */
  vehicleOf(gateway: GatewayId): VehicleId | undefined
}

/** Pure but for what it asks. A vehicle is within reach of who sees its park, and so are its gateway and its orders. */
export function fleetReach({ inSight, ordersInSight, vehicleOf }: Deps): readonly Reach[] {
  const sees = async (parks: ParksInSight, vehicle: VehicleId | undefined) =>
    vehicle !== undefined && (await inSight(parks, [vehicle])).has(vehicle)
  return [
    {
      under: '/api/vehicles/:id',
      fault: 'vehicle/unknown',
      reaches: async ({ parks }, id) => sees(parks, VehicleId.safeParse(id).data),
    },
    {
      under: '/api/gateways/:id',
      fault: 'gateway/unknown',
      reaches: async ({ parks }, id) => {
        const gateway = GatewayId.safeParse(id).data
        return gateway !== undefined && sees(parks, vehicleOf(gateway))
      },
    },
    {
      under: '/api/orders/:id',
      fault: 'order/unknown',
      reaches: async ({ parks }, id) => {
        const order = OrderId.safeParse(id).data
        return order !== undefined && (await ordersInSight(parks, [order])).has(order)
      },
    },
  ]
}
