import { expect, test } from 'vitest'
import { VehicleId } from '#contract/ids.ts'
import { seconds } from '#contract/instant.ts'
import { runConvergenceLoop } from '../../../cloud/holds/convergence-loop.ts'
import { createBell } from '../../../cloud/orders/bell.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

const vehicleOf = (number: number): VehicleId =>
  VehicleId.parse(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`)

function startConvergence(held: number) {
  const clock = createManualClock()
  const bell = createBell<VehicleId>()
  const rounds: (readonly VehicleId[])[] = []
  const state = { fails: false }
  const stopping = new AbortController()
  const running = runConvergenceLoop(
    {
      settle: async (vehicles) => {
        if (state.fails) throw new Error('the database is away')
        rounds.push(vehicles)
        return []
      },
      expireOverdue: async () => [],
      suspects: async () => Array.from({ length: held }, (_, index) => vehicleOf(index)),
      everOrdered: async () => [],
      bell,
      clock,
      log: silentLog,
      idle: seconds(5),
    },
    stopping.signal,
  )
  return {
    clock,
    rounds,
    state,
    ring: async (vehicle: VehicleId): Promise<void> => {
      bell.ring(vehicle)
      await clock.advance(0)
    },
    stop: async (): Promise<void> => {
      stopping.abort()
      await running
    },
  }
}

test('a vehicle rung for is looked at without the thousand that are held, and these every five seconds', async () => {
  const loop = startConvergence(1000)
  await loop.clock.advance(1000)
  expect(loop.rounds.map((round) => round.length)).toEqual([1000])
  await loop.ring(vehicleOf(5000))
  await loop.clock.advance(1000)
  await loop.ring(vehicleOf(5001))
  await loop.clock.advance(1000)
  expect(loop.rounds.slice(1)).toEqual([[vehicleOf(5000)], [vehicleOf(5001)]])
  await loop.clock.advance(3000)
  expect(loop.rounds.map((round) => round.length)).toEqual([1000, 1, 1, 1000])
  await loop.stop()
})

test('after a failure every vehicle is looked at, and it is not tried without end', async () => {
  const loop = startConvergence(3)
  await loop.clock.advance(200)
  loop.state.fails = true
  await loop.ring(vehicleOf(7))
  await loop.clock.advance(300)
  loop.state.fails = false
  await loop.clock.advance(6000)
  expect(loop.rounds.map((round) => round.length)).toEqual([3, 3])
  await loop.stop()
})
