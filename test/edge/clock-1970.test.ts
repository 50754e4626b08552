import { afterEach, expect, test, vi } from 'vitest'
import type { Frame } from '#contract/frame.ts'
import { createEdgeRig, type EdgeRig } from '../support/edge-rig.ts'

let rig: EdgeRig | undefined
afterEach(async () => {
  await rig?.close()
  rig = undefined
})
const until = (condition: () => void) => vi.waitFor(condition, { timeout: 45_000, interval: 20 })
const DAY_MS = 86_400_000

const framesOf = ({ cloud }: EdgeRig): readonly Frame[] =>
  cloud.delivered.flatMap(({ record }) => (record.kind === 'frame' ? [record] : []))

test('a clock at 1970 with a receiver: frames carry the time of their fix, and none is refused', async () => {
  rig = await createEdgeRig({ clockBehind: Date.now() })
  rig.car.ignition = true
  rig.car.speedKmh = 40
  rig.start()
  await until(() =>
    expect(rig && framesOf(rig).filter(({ timeQuality }) => timeQuality === 'gnss').length).toBeGreaterThan(5),
  )
  const told = framesOf(rig).filter(({ timeQuality }) => timeQuality === 'gnss')
  for (const { readAt } of told) expect(Math.abs(readAt - Date.now())).toBeLessThan(DAY_MS)
  expect(rig.cloud.refused()).toEqual([])
})

test('a clock at 1970 and no sky: frames come, say that their time is estimated, in order, and none is refused', async () => {
  rig = await createEdgeRig({ clockBehind: Date.now(), speed: 60 })
  rig.car.ignition = true
  rig.car.hasFix = false
  rig.start()
  await until(() => expect(rig && framesOf(rig).length).toBeGreaterThan(5))
  const told = framesOf(rig)
  expect(new Set(told.map(({ timeQuality }) => timeQuality))).toEqual(new Set(['estimated']))
  const times = told.map(({ readAt }) => readAt)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(rig.cloud.refused()).toEqual([])
})
