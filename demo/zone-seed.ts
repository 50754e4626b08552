import { z } from 'zod'
import type { VehicleId } from '#contract/ids.ts'
import type { Session } from './lease-seed.ts'

const Zones = z.object({ features: z.array(z.object({ properties: z.object({ name: z.string() }) })) })
const Permits = z.object({ items: z.array(z.unknown()) })

/** Two parkings where the demo's cars begin and end their days, and a bridge on which no start is ever forbidden. */
const PLACES = [
  { kind: 'parking', name: 'База на Рязанском', lat: 55.7172, lon: 37.7935, radiusM: 300 },
  { kind: 'parking', name: 'Стоянка Внуково', lat: 55.605, lon: 37.288, radiusM: 600 },
  { kind: 'never_block', name: 'Крымский мост', lat: 55.7334, lon: 37.5987, radiusM: 180 },
] as const
const PERMITTED_MS = 30 * 86_400_000

/** Draws the demo's zones; what is there already is left as it is. */
export async function seedZones(owner: Session): Promise<void> {
  const { features } = await owner.send('GET', '/api/zones', Zones)
  const known = new Set(features.map(({ properties }) => properties.name))
  for (const { kind, name, ...circle } of PLACES)
    if (!known.has(name))
      await owner.send('POST', '/api/zones', z.unknown(), { kind, name, circle, note: 'Демонстрация' })
}

/** One car of the demo may leave the region. */
export async function seedPermit(owner: Session, key: string, vehicleId: VehicleId, now: number): Promise<void> {
  if (key !== 'taxi-3') return
  const { items } = await owner.send('GET', `/api/permits?vehicle=${vehicleId}`, Permits)
  if (items.length > 0) return
  const until = new Date(now + PERMITTED_MS).toISOString()
  await owner.send('POST', `/api/vehicles/${vehicleId}/permits`, z.unknown(), {
    until,
    note: 'Заказ в Калугу, согласовано',
  })
}
