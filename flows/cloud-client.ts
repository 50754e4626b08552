import { z } from 'zod'
import { Happening, Vehicle } from './vehicle.ts'

const pageOf = <Item>(item: z.ZodType<Item>) =>
  z.looseObject({ items: z.array(item), nextCursor: z.string().nullable() })

/** Reads the REST API with a token. Rejects on anything but 200 and on answers of another form. */
export function createCloudClient(url: string, token: string) {
  const get = async <Answer>(path: string, answer: z.ZodType<Answer>, stop: AbortSignal): Promise<Answer> => {
    const got = await fetch(`${url}${path}`, {
      headers: { authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: AbortSignal.any([stop, AbortSignal.timeout(20_000)]),
    })
    if (!got.ok) throw new Error(`the cloud answered ${got.status} to GET ${path}`)
    return answer.parse(await got.json())
  }
  return {
    async *vehicles(stop: AbortSignal): AsyncGenerator<Vehicle> {
      for (let cursor: string | null = ''; cursor !== null; ) {
        const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
        const page = await get(`/api/vehicles?limit=100${after}`, pageOf(Vehicle), stop)
        yield* page.items
        cursor = page.nextCursor
      }
    },
    /** The newest 100 things that happened to the vehicle. */
    timeline: async (vehicleId: string, stop: AbortSignal): Promise<readonly Happening[]> =>
      (await get(`/api/vehicles/${encodeURIComponent(vehicleId)}/timeline?limit=100`, pageOf(Happening), stop)).items,
  }
}
export type CloudClient = ReturnType<typeof createCloudClient>
