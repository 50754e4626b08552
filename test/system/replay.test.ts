import { readFileSync } from 'node:fs'
import geodesic from 'geographiclib-geodesic'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chosenPlans } from '../../demo/fleet.ts'
import type { RestClient } from '../support/rest-client.ts'
import { type RunningCloud, startCloud } from '../support/running-cloud.ts'
import { type RunningFleet, startFleet } from '../support/running-fleet.ts'
import { until } from '../support/until.ts'

// Faster, and a pause of this machine would look like a receiver that fell behind.
const SPEED = 12
const HOUR_MS = 3_600_000
const trace = (file: string) => new URL(`../../demo/data/${file}`, import.meta.url)

type Fix = { readonly atMs: number; readonly lat: number; readonly lon: number }

/** The recording as its source tells it, read by this test on its own. */
const recorded = (file: string, id: string): readonly Fix[] =>
  readFileSync(trace(file), 'utf8')
    .split('\n')
    .map((line) => line.split(','))
    .filter((cells) => cells[0] === id)
    .map(([, time = '', lat, lon]) => ({ atMs: Date.parse(time), lat: Number(lat), lon: Number(lon) }))

const metres = (from: Fix, to: Fix): number =>
  geodesic.Geodesic.WGS84.Inverse(from.lat, from.lon, to.lat, to.lon).s12 ?? Number.NaN

/** Length of the cleaned track: steps faster than 200 km/h are the receiver's, not the car's. */
function lengthKm(fixes: readonly Fix[]): number {
  const steps = fixes.slice(1).map((fix, index) => {
    const before = fixes[index] ?? fix
    return { m: metres(before, fix), hours: (fix.atMs - before.atMs) / HOUR_MS }
  })
  return steps.reduce((sum, { m, hours }) => (m / 1000 / hours > 200 ? sum : sum + m / 1000), 0)
}

describe('a recorded drive, from the receiver to the history', () => {
  let cloud: RunningCloud
  let fleet: RunningFleet
  let api: RestClient
  beforeAll(async () => {
    cloud = await startCloud()
    api = await cloud.as('owner')
    fleet = startFleet({
      cloudUrl: cloud.url,
      plans: chosenPlans(['munich', 'limerick']),
      speed: SPEED,
      leadMs: 3 * HOUR_MS,
    })
  }, 60_000)
  afterAll(async () => {
    await fleet?.stop()
    await cloud?.stop()
  }, 60_000)

  test.each([
    { key: 'munich', file: 'car-munich.csv', id: 'x0001-001' },
    { key: 'limerick', file: 'bus-limerick.csv', id: 'bus304' },
  ])(
    '$key: every recorded fix stands in the track exactly once, and the kilometres are right',
    async ({ key, file, id }) => {
      const fixes = recorded(file, id)
      const vehicle = fleet.byKey(key)
      const { startedAt } = await until(
        'the drive has been played to its end',
        () => {
          const { replay } = vehicle.truth()
          return replay?.startedAt !== undefined && replay.endedAt !== undefined
            ? { startedAt: replay.startedAt }
            : undefined
        },
        { withinMs: 400_000, everyMs: 200 },
      )
      const [first, last] = [fixes[0], fixes.at(-1)]
      if (first === undefined || last === undefined) throw new Error('the recording is empty')
      const range = `from=${new Date(startedAt).toISOString()}&to=${new Date(startedAt + last.atMs - first.atMs + 1).toISOString()}`
      const { id: vehicleId } = (await api.get(`/api/vehicles?q=${encodeURIComponent(vehicle.plan.plate)}`)).body
        .items[0]
      const track = await until(
        'the track has arrived',
        async () => {
          const { body } = await api.get(`/api/vehicles/${vehicleId}/track?${range}&maxPoints=100000`)
          return Date.parse(body.points.at(-1)?.readAt ?? '') >= startedAt + last.atMs - first.atMs ? body : undefined
        },
        { withinMs: 60_000, everyMs: 500 },
      )
      expect(track.downsampled).toBe(false)
      const stored = new Map<number, { lat: number; lon: number }[]>()
      for (const { readAt, lat, lon } of track.points) {
        const offset = Date.parse(readAt) - startedAt
        stored.set(offset, [...(stored.get(offset) ?? []), { lat, lon }])
      }
      const wrong = fixes.filter((fix) => {
        const [found, ...more] = stored.get(fix.atMs - first.atMs) ?? []
        if (found === undefined || more.length > 0) return true
        return Math.abs(found.lat - fix.lat) > 1e-6 || Math.abs(found.lon - fix.lon) > 1e-6
      })
      expect(wrong).toEqual([])
      expect(track.total).toBe(fixes.length)

      const { body: mileage } = await api.get(`/api/vehicles/${vehicleId}/mileage?${range}`)
      const reference = lengthKm(fixes)
      console.log(`${key}: ${fixes.length} fixes, ${mileage.km} km of ${reference.toFixed(3)} km, ${mileage.source}`)
      expect(Math.abs(mileage.km - reference)).toBeLessThan(0.01 * reference)
      expect(Math.abs(mileage.km - reference)).toBeLessThanOrEqual(mileage.errorKm)
    },
    480_000,
  )
})
