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
  // In the order they were made: a receiver stamps whole seconds, so that by `readAt` they may stand the other way round.
  const frames = (): readonly Frame[] =>
    [...Map.groupBy(cloud.delivered, ({ stream }) => stream).values()]
      .flatMap((life) => life.toSorted((one, other) => one.seq - other.seq))
      .flatMap(({ record }) => (record.kind === 'frame' ? [record] : []))
  const placed = (): readonly { readonly seenM: number; readonly shownM: number }[] =>
    frames().flatMap(({ lat, odometerKm }) =>
      lat === undefined || odometerKm === undefined
        ? []
        : [{ seenM: (lat - begin.lat) * DEGREE_M, shownM: odometerKm * 1000 }],
    )

  for (let life = 0; life <= KILLS; life += 1) {
    const before = frames().length
    child = spawn(process.execPath, [program, config], { stdio: 'inherit' })
    const gone = once(child, 'exit')
    await vi.waitFor(
      () => {
        expect(frames().length).toBeGreaterThan(before + 3)
        // Nobody can make up for a way whose beginning was not believed yet.
        expect(placed().some(({ shownM }) => shownM > 0)).toBe(true)
      },
      { timeout: 45_000, interval: 20 },
    )
    child.kill('SIGKILL')
    await gone
  }
  const shown = frames().flatMap(({ odometerKm }) => (odometerKm === undefined ? [] : [odometerKm]))
  expect(shown.length).toBeGreaterThan(KILLS * 3)
  expect(shown).toEqual(shown.toSorted((one, other) => one - other))
  const counted = placed().filter(({ shownM }) => shownM > 0)
  const [first, last] = [counted[0], counted.at(-1)]
  if (first === undefined || last === undefined) throw new Error('no frame has both a place and metres')
  const seenM = last.seenM - first.seenM
  expect(seenM).toBeGreaterThan(300)
  expect(Math.abs(last.shownM - first.shownM - seenM)).toBeLessThan(100)
}, 120_000)
