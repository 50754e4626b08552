import { afterEach, expect, test, vi } from 'vitest'
import { createEdgeRig, type EdgeRig, GATEWAY } from '../support/edge-rig.ts'

let rig: EdgeRig | undefined
afterEach(async () => {
  await rig?.close()
  rig = undefined
})

const until = (condition: () => void) => vi.waitFor(condition, { timeout: 15_000, interval: 20 })

test('a parked car: received, executing, verified, with the coil really open; lifted, it is free again', async () => {
  rig = await createEdgeRig({})
  const { cloud, claims, reports, coils, switches } = rig
  const { gateway } = rig.start()
  await until(() => expect(gateway.status().uplink).toBe('connected'))
  const block = claims('block', 1)
  await cloud.order(GATEWAY, await cloud.sign(block))
  await until(() => expect(reports(block.orderId).map(({ state }) => state)).toContain('verified'))
  const told = new Set(reports(block.orderId).map(({ state }) => state))
  expect([...told]).toEqual(['received', 'waiting', 'executing', 'verified'])
  expect(coils()[0]).toBe(true)
  const free = claims('unblock', 2)
  await cloud.order(GATEWAY, await cloud.sign(free))
  await until(() =>
    expect(reports(free.orderId).map(({ state }) => state)).toEqual(['received', 'executing', 'verified']),
  )
  expect(coils()[0]).toBe(false)
  expect(switches).toEqual([true, false])
})
