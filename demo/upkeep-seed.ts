import { z } from 'zod'
import type { VehicleId } from '#contract/ids.ts'
import type { Session } from './lease-seed.ts'

const Stations = z.object({ items: z.array(z.object({ name: z.string() })) })
const Inspection = z.object({ plan: z.unknown() })

const STATION = {
  name: 'Сервис на Рязанском',
  address: 'Рязанский проспект, 22',
  boxes: 2,
  opens: '09:00',
  closes: '19:00',
  slotMinutes: 60,
  weekdays: [0, 1, 2, 3, 4, 5],
} as const

/** In how many days the next inspection of a car is due: one has passed already, two come soon. The others go by kilometres. */
const DUE_IN_DAYS: Readonly<Record<string, number>> = {
  'taxi-4': -1,
  'taxi-2': 5,
  munich: 12,
  limerick: 40,
  errands: 75,
}
const STEP_KM = 10_000
const STEP_DAYS = 180
const DAY_MS = 86_400_000

/** Gives a car of the demo its inspection plan, and the park a station; what is there already is left as it is. */
export async function seedUpkeep(owner: Session, key: string, vehicleId: VehicleId, now: number): Promise<void> {
  const { items } = await owner.send('GET', '/api/inspection-stations', Stations)
  if (!items.some(({ name }) => name === STATION.name))
    await owner.send('POST', '/api/inspection-stations', z.unknown(), STATION)
  const path = `/api/vehicles/${vehicleId}/inspection`
  const { plan } = await owner.send('GET', path, Inspection)
  if (plan !== null) return
  const dueInDays = DUE_IN_DAYS[key]
  await owner.send('PUT', path, z.unknown(), {
    stepKm: STEP_KM,
    stepDays: STEP_DAYS,
    dueKm: STEP_KM,
    dueOn: dueInDays === undefined ? null : new Date(now + dueInDays * DAY_MS).toISOString().slice(0, 10),
    version: 0,
  })
}
