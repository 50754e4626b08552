import type { Facts } from '../expressions/fact-type.ts'

const DAY_MS = 86_400_000
const numberOf = (facts: Facts, field: string): number | undefined => {
  const value = facts[field]
  return typeof value === 'number' ? value : undefined
}

/**
 * Pure. How far a client's own car drives a day, and what its odometer says by now if it drives on like that: whole
 * kilometres, rounded down. Out of two visits at least a day apart; nothing where there is one alone.
 */
export function expectedDriving(car: Facts, now: number): Facts {
  const [firstKm, firstOn] = [numberOf(car, 'firstKm'), numberOf(car, 'firstOn')]
  const [km, on] = [numberOf(car, 'odometerKm'), numberOf(car, 'odometerOn')]
  if (km === undefined) return {}
  if (firstKm === undefined || firstOn === undefined || on === undefined) return { expectedKm: km }
  const days = (on - firstOn) / DAY_MS
  if (days < 1 || km < firstKm) return { expectedKm: km }
  const pace = (km - firstKm) / days
  return { kmPerDay: Math.floor(pace), expectedKm: Math.floor(km + (pace * Math.max(0, now - on)) / DAY_MS) }
}
