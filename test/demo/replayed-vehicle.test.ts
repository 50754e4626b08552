import { expect, test } from 'vitest'
import { type EpochMs, epochMs } from '../../contract/instant.ts'
import { FLEET } from '../../demo/fleet.ts'
import { recordingFromCsv, reversed } from '../../demo/recording.ts'
import { createReplayedVehicle } from '../../demo/replayed-vehicle.ts'
import type { VehicleDeps } from '../../demo/virtual-vehicle.ts'

const NOW = epochMs(1_795_289_123_000)
/** Four fixes with a gap of ten seconds in the middle. */
const RECORDING = recordingFromCsv(
  [
    'x,2026-01-01T00:00:00Z,52.1,-8.1,,,',
    'x,2026-01-01T00:00:02Z,52.1001,-8.1,,,',
    'x,2026-01-01T00:00:12Z,52.1006,-8.1,,,',
    'x,2026-01-01T00:00:13Z,52.1007,-8.1,,,',
  ].join('\n'),
  'x',
)

function vehicleHeardBy(listeners: { count: number }) {
  const [plan] = FLEET
  if (plan === undefined) throw new Error('no plan')
  const said: { at: EpochMs; line: string }[] = []
  let now = NOW
  const deps: VehicleDeps = {
    plan,
    startLine: () => 'permitted',
    say: (sentences) => said.push(...sentences.map((line) => ({ at: now, line }))),
    attended: () => listeners.count > 0,
    memory: undefined,
    keep: () => {},
  }
  const vehicle = createReplayedVehicle(deps, [RECORDING, reversed(RECORDING)], 20_000)
  const live = (seconds: number): void => {
    for (let step = 0; step < seconds * 4; step += 1) {
      now = epochMs(now + 250)
      vehicle.advance(0.25, now)
      if (now % 1000 === 0) vehicle.second(now)
    }
  }
  return { vehicle, said, live }
}
const statusOf = (line: string): string => `${line.split(',')[2]}`
const rmc = (said: readonly { at: EpochMs; line: string }[]) => said.filter(({ line }) => line.startsWith('$GPRMC'))

test('the recording does not begin before somebody listens', () => {
  const listeners = { count: 0 }
  const car = vehicleHeardBy(listeners)
  car.live(60)
  expect(car.vehicle.truth()).toMatchObject({ doing: 'parked', ignition: 'off', replay: { run: 0 } })
  listeners.count = 1
  car.live(10)
  expect(car.vehicle.truth()).toMatchObject({ doing: 'playing', ignition: 'on' })
})

test('in a gap of the recording the receiver goes on talking and says that it has no fix', () => {
  const car = vehicleHeardBy({ count: 1 })
  car.live(40)
  const startedAt = car.vehicle.truth().replay?.startedAt ?? 0
  const during = rmc(car.said).filter(({ at }) => at >= startedAt && at <= startedAt + 13_000)
  expect(during.map(({ at, line }) => `${(at - startedAt) / 1000}${statusOf(line)}`)).toEqual([
    '0A',
    '2A',
    '5V',
    '6V',
    '7V',
    '8V',
    '9V',
    '10V',
    '11V',
    '12A',
    '13A',
  ])
})

test('a run there and back ends where it began, and the truth tells when the last run was played', () => {
  const car = vehicleHeardBy({ count: 1 })
  car.live(85)
  const { position, replay } = car.vehicle.truth()
  expect(replay?.run).toBe(2)
  expect(position).toEqual({ lat: 52.1, lon: -8.1 })
  expect((replay?.endedAt ?? 0) - (replay?.startedAt ?? 0)).toBe(13_000)
})
