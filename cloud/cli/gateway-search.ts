import { z } from 'zod'
import { GatewayId, VehicleId } from '#contract/ids.ts'
import { plainPlate } from '#contract/vehicle-marks.ts'
import { type ApiClient, CommandFailed } from './api-client.ts'
import { everyItem } from './every-item.ts'

export const Gateway = z.looseObject({
  id: GatewayId,
  vehicleId: VehicleId,
  plate: z.string().nullable(),
  state: z.enum(['claimable', 'active', 'revoked']),
  online: z.boolean().nullable(),
  statusAt: z.string().nullable(),
  software: z.string().nullable(),
  sealed: z.looseObject({ at: z.string() }).nullable(),
  certificateExpiresAt: z.string().nullable(),
  troubles: z.array(z.looseObject({ kind: z.string(), text: z.string() })).default([]),
})
export type Gateway = z.infer<typeof Gateway>

export const everyGateway = (api: ApiClient): Promise<readonly Gateway[]> => everyItem(api, '/api/gateways', Gateway)

/** The gateway meant by its id, or the one not revoked of the vehicle with this plate. Fails in words. */
export function gatewayMeant(all: readonly Gateway[], wanted: string): Gateway {
  const own = all.filter(
    ({ id, plate, state }) =>
      id === wanted || (state !== 'revoked' && plate !== null && plainPlate(plate) === plainPlate(wanted)),
  )
  const chosen = own.find(({ state }) => state === 'active') ?? own[0]
  if (chosen === undefined)
    throw new CommandFailed(
      'gateway/unknown',
      `no gateway is called ${wanted} or is in such a vehicle; "kordon gateway list" shows them all`,
    )
  return chosen
}
