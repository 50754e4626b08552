import { expect, test } from 'vitest'
import type { Frame } from '#contract/frame.ts'
import { epochMs } from '#contract/instant.ts'
import { steadied } from '../../../edge/devices/dead-band.ts'

const frame = (more: Partial<Frame>): Frame => ({
  kind: 'frame',
  readAt: epochMs(1_795_000_000_000),
  timeQuality: 'gnss',
  fix: '3d',
  gnssTrust: 'ok',
  relay: 'closed',
  ignition: true,
  ...more,
})

test.each([
  {
    name: 'hours a little later',
    last: { engineHours: 10 },
    next: { engineHours: 10.04 },
    expected: { engineHours: 10 },
  },
  {
    name: 'hours three minutes later',
    last: { engineHours: 10 },
    next: { engineHours: 10.05 },
    expected: { engineHours: 10.05 },
  },
  { name: 'one satellite less', last: { satellites: 9 }, next: { satellites: 8 }, expected: { satellites: 9 } },
  { name: 'two satellites less', last: { satellites: 9 }, next: { satellites: 7 }, expected: { satellites: 7 } },
  { name: 'too few satellites', last: { satellites: 6 }, next: { satellites: 5 }, expected: { satellites: 5 } },
  {
    name: 'the end of a drive',
    last: { engineHours: 10, satellites: 9 },
    next: { engineHours: 10.04, satellites: 8, ignition: false },
    expected: { engineHours: 10.04, satellites: 8 },
  },
  {
    name: 'kilometres and place',
    last: { odometerKm: 1, lat: 55, lon: 37 },
    next: { odometerKm: 1.01, lat: 55.00001, lon: 37 },
    expected: { odometerKm: 1.01, lat: 55.00001 },
  },
])('told as it was or as it is: $name', ({ last, next, expected }) => {
  expect(steadied(frame(next), frame(last))).toMatchObject(expected)
})

test('a value that is gone is gone, and one that is new is told', () => {
  expect(steadied(frame({}), frame({ engineHours: 10 }))).not.toHaveProperty('engineHours')
  expect(steadied(frame({ engineHours: 10 }), frame({}))).toMatchObject({ engineHours: 10 })
})
