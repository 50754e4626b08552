import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { millis } from '../../contract/instant.ts'
import type { Car } from '../../demo/car.ts'
import { parseConfig } from '../../demo/config.ts'
import { createDrivenVehicle } from '../../demo/driven-vehicle.ts'
import { errandOf } from '../../demo/errand.ts'
import { chosenPlans, FLEET } from '../../demo/fleet.ts'
import { runFleetLoop } from '../../demo/fleet-loop.ts'
import { NO_WANDER, WANDER_LIMIT_M, wandered } from '../../demo/gps-fix.ts'
import { KIEV_HIGHWAY, outboundRoute } from '../../demo/outbound-road.ts'
import { distanceM, moved, type Position } from '../../demo/position.ts'
import { createRandom } from '../../demo/random.ts'
import { parseRoadGraph } from '../../demo/road-graph.ts'
import type { StartLine, Truth, VehicleDeps } from '../../demo/virtual-vehicle.ts'
import { createManualClock } from '../support/manual-clock.ts'

const json = (path: string): unknown => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'))
const graph = parseRoadGraph(json('demo/data/moscow-drive-graph.json'))
const map = { roadGraph: () => graph }

test('twelve cars with plates of their own, in the form and the letters of a Russian plate', () => {
  expect(FLEET).toHaveLength(12)
  expect(new Set(FLEET.map((plan) => plan.plate)).size).toBe(12)
  expect(new Set(FLEET.map((plan) => plan.key)).size).toBe(12)
  expect(
    FLEET.filter(
      (plan) => !/^[АВЕКМНОРСТУХ]\d{3}[АВЕКМНОРСТУХ]{2}(77|97|99|177|197|199|777|797|799|50|750)$/.test(plan.plate),
    ),
  ).toEqual([])
})

test('every fitting and every kind of life is in the fleet, at least three cars replay recordings', () => {
  expect([...new Set(FLEET.map((plan) => plan.fitting))].toSorted()).toEqual([
    'gps-unit-and-relay',
    'nmea-and-relay',
    'router',
  ])
  expect(FLEET.filter((plan) => plan.life.kind === 'replay').length).toBeGreaterThanOrEqual(3)
  expect(FLEET.filter((plan) => plan.life.kind === 'outbound')).toHaveLength(1)
  expect(FLEET.filter((plan) => plan.life.kind === 'parked')).toHaveLength(1)
})

test('cars are chosen by key, and an unknown key is named together with the known ones', () => {
  expect(chosenPlans(['parked', 'munich']).map((plan) => plan.key)).toEqual(['munich', 'parked'])
  expect(() => chosenPlans(['parked', 'tank'])).toThrow(/no demo vehicle tank; there are munich, limerick/)
})

test('the environment is read with defaults, and every wrong variable is named', () => {
  expect(parseConfig({})).toMatchObject({ cloudUrl: 'http://127.0.0.1:8080', speed: 1, fleetDir: 'data/fleet' })
  expect(parseConfig({ KORDON_DEMO_SPEED: '20', KORDON_DEMO_VEHICLES: 'parked, munich' })).toMatchObject({ speed: 20 })
  expect(() => parseConfig({ KORDON_DEMO_SPEED: 'fast', KORDON_CLOUD_URL: 'nowhere' })).toThrow(
    /KORDON_CLOUD_URL[\s\S]*KORDON_DEMO_SPEED/,
  )
})

const Region = z.object({
  features: z.array(
    z.object({ geometry: z.object({ coordinates: z.array(z.array(z.tuple([z.number(), z.number()]))) }) }),
  ),
})

const isInside = (ring: readonly (readonly number[])[], { lat, lon }: Position): boolean => {
  let inside = false
  ring.forEach(([x1 = 0, y1 = 0], index) => {
    const [x2 = 0, y2 = 0] = ring[(index + 1) % ring.length] ?? []
    if (y1 > lat !== y2 > lat && lon < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) inside = !inside
  })
  return inside
}

test('the way out begins inside the region, leaves it exactly once, and the way back is the same', () => {
  const region = Region.parse(json('cloud/zones/data/moscow-region.geojson'))
  const ring = region.features[0]?.geometry.coordinates[0] ?? []
  expect(ring.length).toBeGreaterThan(10_000)
  const [home, away] = [KIEV_HIGHWAY[0], KIEV_HIGHWAY.at(-1)]
  if (home === undefined || away === undefined) throw new Error('no highway')
  const route = outboundRoute('out', home)
  const states = Array.from({ length: 400 }, (_, index) => {
    const at = (route.lengthM * index) / 399
    const next = route.atM.findIndex((metres) => metres > at)
    const to = Math.max(1, next === -1 ? route.vertices.length - 1 : next)
    const [a, b] = [route.vertices[to - 1], route.vertices[to]]
    if (a === undefined || b === undefined) throw new Error('no segment')
    const share = (at - (route.atM[to - 1] ?? 0)) / ((route.atM[to] ?? 0) - (route.atM[to - 1] ?? 0))
    return isInside(ring, { lat: a.lat + (b.lat - a.lat) * share, lon: a.lon + (b.lon - a.lon) * share })
  })
  expect(states[0]).toBe(true)
  expect(states.at(-1)).toBe(false)
  expect(states.filter((state, index) => index > 0 && state !== states[index - 1])).toHaveLength(1)
  // Within a few minutes of the start, and far enough out that no margin hides it.
  expect((states.filter(Boolean).length / 400) * route.lengthM).toBeLessThan(8000)
  expect(outboundRoute('back', away).vertices).toEqual(KIEV_HIGHWAY.toReversed())
})

test('the receiver wanders round the truth and never farther off than its limit', () => {
  const random = createRandom(3)
  let wander = NO_WANDER
  const off = Array.from({ length: 20_000 }, () => {
    wander = wandered(wander, random)
    return Math.hypot(wander.eastM, wander.northM)
  })
  expect(Math.max(...off)).toBeLessThanOrEqual(WANDER_LIMIT_M + 1e-9)
  expect(off.reduce((sum, value) => sum + value, 0) / off.length).toBeGreaterThan(0.5)
})

function drivenCar(key: string, seed: number) {
  const [plan] = chosenPlans([key])
  if (plan === undefined || plan.life.kind === 'replay') throw new Error('not driven')
  let start: StartLine = 'permitted'
  const said: string[] = []
  const kept: object[] = []
  const deps: VehicleDeps = {
    plan,
    startLine: () => start,
    say: (sentences) => said.push(...sentences),
    attended: () => true,
    memory: undefined,
    keep: (memory) => kept.push(memory),
  }
  const random = createRandom(seed)
  const vehicle = createDrivenVehicle(deps, errandOf(plan.life, map, random), random)
  return {
    vehicle,
    said,
    kept,
    turnLine: (to: StartLine) => {
      start = to
    },
  }
}

/** Lives through so many seconds on a manual clock, noting the truth at every whole one. */
async function lived(car: ReturnType<typeof drivenCar>, seconds: number): Promise<Truth[]> {
  const clock = createManualClock(1_795_289_123_000)
  const stopping = new AbortController()
  const truths: Truth[] = []
  const noting = {
    ...car.vehicle,
    second: (at: Parameters<typeof car.vehicle.second>[0]) => {
      car.vehicle.second(at)
      truths.push(car.vehicle.truth())
    },
  }
  const loop = runFleetLoop({ vehicles: [noting], clock }, stopping.signal)
  for (let passed = 0; passed < seconds; passed += 5) await clock.advance(5000)
  stopping.abort()
  await loop
  return truths
}

test('a taxi drives to several places, stands between them with the engine off, and never goes faster than 80', async () => {
  const car = drivenCar('errands', 5)
  const truths = await lived(car, 3000)
  expect(truths).toHaveLength(3000)
  const stands = truths.filter((truth, index) => truth.ignition === 'off' && truths[index - 1]?.ignition === 'on')
  expect(stands.length).toBeGreaterThanOrEqual(3)
  expect(Math.max(...truths.map((truth) => truth.speedKmh))).toBeLessThanOrEqual(83)
  expect(truths.some((truth) => truth.speedKmh > 30)).toBe(true)
  const hops = truths
    .slice(1)
    .map((truth, index) => distanceM(truth.position, truths[index]?.position ?? truth.position))
  expect(Math.max(...hops)).toBeLessThan(25)
  expect(car.said.filter((line) => line.startsWith('$GPRMC'))).toHaveLength(3000)
})

test('a blocked taxi finishes its trip, then stays where it is however often its driver tries, until it is freed', async () => {
  const car = drivenCar('errands', 5)
  await lived(car, 40)
  expect(car.vehicle.truth().ignition).toBe('on')
  car.turnLine('inhibited')
  await lived(car, 900)
  const stood = car.vehicle.truth().position
  const blocked = await lived(car, 1200)
  expect(blocked.some((truth) => truth.doing === 'starting')).toBe(true)
  expect(Math.max(...blocked.map((truth) => truth.speedKmh))).toBe(0)
  expect(distanceM(stood, car.vehicle.truth().position)).toBe(0)
  car.turnLine('permitted')
  const freed = await lived(car, 400)
  expect(Math.max(...freed.map((truth) => truth.speedKmh))).toBeGreaterThan(10)
})

test('nobody touches the parked car until it is blocked; then its driver tries, and once more when it is freed', async () => {
  const car = drivenCar('parked', 5)
  const untouched = await lived(car, 1200)
  expect(untouched.filter((truth) => truth.ignition === 'on')).toEqual([])
  car.turnLine('inhibited')
  const blocked = await lived(car, 300)
  const firstTry = blocked.findIndex((truth) => truth.ignition === 'on')
  expect(firstTry).toBeGreaterThan(80)
  expect(blocked.filter((truth) => truth.ignition === 'on').length).toBeLessThan(15)
  car.turnLine('permitted')
  const freed = await lived(car, 120)
  expect(freed.filter((truth) => truth.ignition === 'on').length).toBeGreaterThan(18)
  expect(freed.at(-1)).toMatchObject({ ignition: 'off', speedKmh: 0 })
})

test('what a car remembers is where it stands now', async () => {
  const car = drivenCar('taxi-1', 9)
  await lived(car, 100)
  const { position, odometerM } = car.vehicle.truth()
  expect(car.kept.at(-1)).toMatchObject({ position, odometerM })
})

test('the car that leaves the region stops outside only shortly, and longer at home', () => {
  const errand = errandOf({ kind: 'outbound' }, map, createRandom(1))
  const at = (position: Position): Car => ({
    position,
    courseDeg: 0,
    speedKmh: 0,
    ignition: 'off',
    odometerM: 0,
    doing: { kind: 'parked', leftS: 0 },
  })
  const [home, away] = [KIEV_HIGHWAY[0], KIEV_HIGHWAY.at(-1)]
  if (home === undefined || away === undefined) throw new Error('no highway')
  expect(errand.parkingS('arrived', at(away))).toBeLessThan(60)
  expect(errand.parkingS('arrived', at(home))).toBeGreaterThan(65)
  expect(errand.nextRoute(at(away))?.vertices[0]).toEqual(away)
  expect(errand.nextRoute(at(home))?.vertices[0]).toEqual(home)
})

test('a car that was stopped half-way goes on from where it stands', () => {
  const from = moved(KIEV_HIGHWAY[5] ?? { lat: 0, lon: 0 }, 40, 20)
  const route = outboundRoute('out', from)
  expect(route.vertices[0]).toEqual(from)
  expect(route.vertices.at(-1)).toEqual(KIEV_HIGHWAY.at(-1))
  expect(route.vertices).toHaveLength(KIEV_HIGHWAY.length - 5 + 1)
})

test('after a long stall of the clock the loop goes on from now instead of racing', async () => {
  const clock = createManualClock(1_795_289_123_000)
  const stopping = new AbortController()
  let livedS = 0
  const loop = runFleetLoop(
    {
      vehicles: [
        {
          advance: (stepS) => {
            livedS += stepS
          },
          second: () => {},
          keep: () => {},
        },
      ],
      clock,
    },
    stopping.signal,
  )
  await clock.advance(1000)
  clock.jumpWall(3_600_000)
  await clock.advance(1000)
  await clock.sleep(millis(0), AbortSignal.abort())
  stopping.abort()
  await loop
  expect(livedS).toBeGreaterThan(1)
  expect(livedS).toBeLessThan(3)
})
