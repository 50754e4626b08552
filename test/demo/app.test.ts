import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Clock, epochMs, millis } from '../../contract/instant.ts'
import { createDemoFleet, type DemoFleet } from '../../demo/app.ts'
import { FLEET, type VehiclePlan } from '../../demo/fleet.ts'
import { distanceM } from '../../demo/position.ts'
import { smallCloud } from './small-cloud.ts'

const profilesDir = new URL('../../device-profiles', import.meta.url).pathname
const SPEED = 4

/** The real clock, some times faster. */
function fastClock(): Clock {
  const [wall, start] = [Date.now(), performance.now()]
  const lived = (): number => (performance.now() - start) * SPEED
  return {
    now: () => epochMs(Math.round(wall + lived())),
    steady: () => millis(lived()),
    sleep: async (length, stop) => {
      await wait(length / SPEED, undefined, { signal: stop }).catch(() => undefined)
    },
  }
}

let dir = ''
let cloud: ReturnType<typeof smallCloud>
let cloudUrl = ''
const stops: (() => Promise<unknown>)[] = []
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kordon-fleet-'))
  cloud = smallCloud()
  cloud.server.listen(0, '127.0.0.1')
  await once(cloud.server, 'listening')
  const address = cloud.server.address()
  cloudUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
})
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
  cloud.server.closeAllConnections()
  cloud.server.close()
  rmSync(dir, { recursive: true, force: true })
})

function started(plans: readonly VehiclePlan[]): { fleet: DemoFleet; stop: () => Promise<void> } {
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const fleet = createDemoFleet(
    { cloudUrl, fleetDir: dir, profilesDir, plans, gateway: { transport: 'password' } },
    { clock: fastClock(), uuid: randomUUID, randomBytes: (length) => randomBytes(length), log, logOf: () => log },
  )
  const stopping = new AbortController()
  const running = fleet.run(stopping.signal)
  const stop = async (): Promise<void> => {
    stopping.abort()
    await running
  }
  stops.push(stop)
  return { fleet, stop }
}

async function until(holds: () => boolean, story: () => unknown): Promise<void> {
  const giveUpAt = performance.now() + 45_000
  while (!holds()) {
    if (performance.now() > giveUpAt) throw new Error(`not seen in 45 s: ${JSON.stringify(story())}`)
    await wait(100)
  }
}

const seenBy = (fleet: DemoFleet) =>
  fleet.vehicles.map((vehicle) => ({
    key: vehicle.plan.key,
    truth: vehicle.truth(),
    status: vehicle.gateway()?.status(),
  }))

test('each of the twelve gateways sees its car where it is, its ignition and its relay', {
  timeout: 60_000,
}, async () => {
  const { fleet } = started(FLEET)
  const isSeen = ({ truth, status }: ReturnType<typeof seenBy>[number]): boolean => {
    const frame = status?.lastFrame
    if (frame?.lat === undefined || frame.lon === undefined || frame.relay !== 'closed') return false
    return frame.ignition !== undefined && distanceM({ lat: frame.lat, lon: frame.lon }, truth.position) < 200
  }
  // Not all at one moment: a car in a gap of its recording says no place.
  const seen = new Set<string>()
  await until(
    () => {
      for (const one of seenBy(fleet).filter(isSeen)) seen.add(one.key)
      return seen.size === FLEET.length
    },
    () => seenBy(fleet).filter(({ key }) => !seen.has(key)),
  )
  await until(
    () => fleet.vehicles.filter((vehicle) => vehicle.truth().speedKmh > 10).length >= 8,
    () => fleet.vehicles.map((vehicle) => vehicle.truth()),
  )
  await until(
    () => cloud.gateways.every((gateway) => gateway.state === 'active' && gateway.sealed !== null),
    () => cloud.gateways,
  )
  expect(cloud.gateways).toHaveLength(12)
})

test('after a restart a car has the same gateway, stands where it stood and keeps what it recorded', {
  timeout: 60_000,
}, async () => {
  const plans = FLEET.filter((plan) => plan.key === 'taxi-1')
  const first = started(plans)
  const [car] = first.fleet.vehicles
  await until(
    () => (car?.truth().odometerM ?? 0) > 50,
    () => car?.truth(),
  )
  const kept = (): number => car?.gateway()?.status().kept.frames ?? 0
  await until(() => kept() > 5, kept)
  await first.stop()
  const posts = cloud.seen.filter((one) => one.method === 'POST').length
  const again = started(plans)
  const [same] = again.fleet.vehicles
  expect(same?.truth()).toMatchObject({
    position: car?.truth().position,
    odometerM: car?.truth().odometerM,
    ignition: 'off',
  })
  await until(
    () => (same?.gateway()?.status().kept.frames ?? 0) >= 5,
    () => same?.gateway()?.status(),
  )
  expect(same?.provisioned()).toEqual({
    vehicleId: car?.provisioned()?.vehicleId,
    gatewayId: car?.provisioned()?.gatewayId,
    commissioning: 'sealed',
  })
  expect(cloud.seen.filter((one) => one.method === 'POST')).toHaveLength(posts)
})
