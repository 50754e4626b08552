import { expect, test } from 'vitest'
import { GatewayId, VehicleId } from '../../contract/ids.ts'
import { ClaimCode } from '../../contract/provisioning.ts'
import { runGatewayLoop } from '../../demo/gateway-loop.ts'
import type { Provisioned } from '../../demo/provision-client.ts'
import { createManualClock } from '../support/manual-clock.ts'

const KNOWN: Provisioned = {
  commissioning: 'sealed',
  vehicleId: VehicleId.parse('00000000-0000-4000-8000-000000000001'),
  gatewayId: GatewayId.parse('gw-00000001'),
}
const NEW: Provisioned = { ...KNOWN, commissioning: 'open', claimCode: ClaimCode.parse('ABCDEFGH') }

test.each([
  {
    name: 'a new car is installed',
    identity: 'none',
    answers: [NEW],
    story: ['provision none', 'open with a code', 'run', 'seal'],
  },
  {
    name: 'a restarted car runs with what it has',
    identity: 'kept',
    answers: [KNOWN],
    story: ['provision kept', 'open', 'run'],
  },
  {
    name: 'a car whose cloud forgot it begins anew',
    identity: 'kept',
    answers: [NEW],
    story: ['provision kept', 'set aside', 'open with a code', 'run', 'seal'],
  },
  {
    name: 'a cloud that is not there yet is asked again',
    identity: 'none',
    answers: ['refused', NEW],
    story: ['provision none', 'provision none', 'open with a code', 'run', 'seal'],
  },
] as const)('$name', async ({ identity, answers, story }) => {
  const clock = createManualClock()
  const stopping = new AbortController()
  const told: string[] = []
  const left = [...answers]
  const loop = runGatewayLoop(
    {
      key: 'car',
      // The claim is done as soon as the gateway runs.
      identity: () => (told.includes('run') ? 'kept' : identity),
      setAside: () => told.push('set aside'),
      provision: async (kept) => {
        told.push(`provision ${kept}`)
        const answer = left.shift()
        if (answer === undefined || answer === 'refused') throw new Error('connection refused')
        return answer
      },
      seal: async () => {
        told.push('seal')
      },
      open: ({ claimCode }: { claimCode?: string }) => {
        told.push(claimCode === undefined ? 'open' : 'open with a code')
        return {
          run: async (stop) => {
            told.push('run')
            await new Promise((done) => stop.addEventListener('abort', done))
          },
        }
      },
      clock,
      log: { info: () => {}, warn: () => {} },
    },
    stopping.signal,
  )
  for (let second = 0; second < 5; second += 1) await clock.advance(1000)
  stopping.abort()
  await loop
  expect(told).toEqual(story)
})

test('a gateway that falls over is opened again, without a new claim', async () => {
  const clock = createManualClock()
  const stopping = new AbortController()
  let runs = 0
  const warned: string[] = []
  const loop = runGatewayLoop(
    {
      key: 'car',
      identity: () => 'kept',
      setAside: () => warned.push('set aside'),
      provision: async () => KNOWN,
      seal: async () => {},
      open: () => ({
        run: async () => {
          runs += 1
          throw new Error('disk full')
        },
      }),
      clock,
      log: { info: () => {}, warn: (_fields, event) => warned.push(event) },
    },
    stopping.signal,
  )
  for (let second = 0; second < 8; second += 1) await clock.advance(1000)
  stopping.abort()
  await loop
  expect(runs).toBe(3)
  expect(warned).toEqual(['demo.gateway-failed', 'demo.gateway-failed', 'demo.gateway-failed'])
})
