import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, test, vi } from 'vitest'
import type { Frame } from '#contract/frame.ts'
import { createEdgeRig, type EdgeRig } from '../../support/edge-rig.ts'

let rig: EdgeRig | undefined
let child: ChildProcess | undefined
let driving: ReturnType<typeof setInterval> | undefined
afterEach(async () => {
  clearInterval(driving)
  child?.kill('SIGKILL')
  await rig?.close()
})

const KILLS = 4
const KMH = 108
const DEGREE_M = 111_320

test('killed while driving, the odometer never falls, and makes up for the way it did not see', async () => {
  rig = await createEdgeRig({ speed: 1 })
  const { cloud, dir, installation, car, clock } = rig
  const begin = { lat: car.lat, at: clock.steady() }
  const drivenM = () => ((clock.steady() - begin.at) * KMH) / 3600
  Object.assign(car, { ignition: true, speedKmh: KMH })
  driving = setInterval(() => {
    car.lat = begin.lat + drivenM() / DEGREE_M
  }, 10)
  const profilesDir = new URL('../../../device-profiles', import.meta.url).pathname
  const config = JSON.stringify({ dir, profilesDir, installation, software: 'test' })
  const program = new URL('../../support/edge-process.ts', import.meta.url).pathname
  const frames = (): readonly Frame[] =>
    cloud.delivered.flatMap(({ record }) => (record.kind === 'frame' ? [record] : []))

  let firstM: number | undefined
  for (let life = 0; life <= KILLS; life += 1) {
    const before = frames().length
    child = spawn(process.execPath, [program, config], { stdio: 'inherit' })
    const gone = once(child, 'exit')
    await vi.waitFor(() => expect(frames().length).toBeGreaterThan(before + 3), { timeout: 45_000, interval: 20 })
    firstM ??= ((frames()[0]?.lat ?? begin.lat) - begin.lat) * DEGREE_M
    child.kill('SIGKILL')
    await gone
  }
  const inTime = frames().toSorted((one, other) => one.readAt - other.readAt)
  const shown = inTime.flatMap(({ odometerKm }) => (odometerKm === undefined ? [] : [odometerKm]))
  expect(shown.length).toBeGreaterThan(KILLS * 3)
  expect(shown).toEqual(shown.toSorted((one, other) => one - other))
  const lastM = ((inTime.findLast(({ lat }) => lat !== undefined)?.lat ?? 0) - begin.lat) * DEGREE_M
  expect(lastM - (firstM ?? 0)).toBeGreaterThan(300)
  const errorM = (shown.at(-1) ?? 0) * 1000 - (lastM - (firstM ?? 0))
  expect(Math.abs(errorM)).toBeLessThan(100)
}, 120_000)
