import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { plainPlate } from '#contract/vehicle-marks.ts'
import { type ApiClient, CommandFailed } from './api-client.ts'
import { everyItem } from './every-item.ts'

export const Vehicle = z.looseObject({ id: VehicleId, plate: z.string(), model: z.string() })
export type Vehicle = z.infer<typeof Vehicle>

/** The vehicle meant by an id or by a plate as people type it. Fails with a clear word when there is none, or several. */
export async function findVehicle(api: ApiClient, wanted: string): Promise<Vehicle> {
  const id = VehicleId.safeParse(wanted.toLowerCase())
  if (id.success) return api.get(`/api/vehicles/${id.data}`, Vehicle)
  const found = await everyItem(api, `/api/vehicles?q=${encodeURIComponent(wanted)}`, Vehicle)
  const isMeant = ({ plate }: Vehicle): boolean => plainPlate(plate) === plainPlate(wanted)
  const exact = found.filter(isMeant)
  // Typed otherwise than stored: then it takes a look at all of them.
  const items = found.length > 0 ? found : (await everyItem(api, '/api/vehicles?limit=500', Vehicle)).filter(isMeant)
  const [only, ...others] = exact.length > 0 ? exact : items
  if (only === undefined)
    throw new CommandFailed(
      'vehicle/unknown',
      `no vehicle has the plate ${wanted}; add it in the console or by "kordon vehicle import"`,
    )
  if (others.length > 0)
    throw new CommandFailed(
      'vehicle/ambiguous',
      `several vehicles match ${wanted}: ${items.map(({ plate }) => plate).join(', ')}`,
    )
  return only
}
