import { afterEach, expect, test, vi } from 'vitest'
import { later } from '#contract/instant.ts'
import { createEdgeRig, type EdgeRig, GATEWAY } from '../support/edge-rig.ts'

let rig: EdgeRig | undefined
afterEach(async () => {
  await rig?.close()
  rig = undefined
})

const until = (condition: () => void) => vi.waitFor(condition, { timeout: 45_000, interval: 20 })

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

test('unsigned, foreign and replayed orders move nothing and are counted', async () => {
  rig = await createEdgeRig({})
  const { cloud, claims, reports, switches, clock } = rig
  const { gateway } = rig.start()
  await until(() => expect(gateway.status().uplink).toBe('connected'))
  const free = claims('unblock', 5)
  await cloud.order(GATEWAY, await cloud.sign(free))
  await until(() => expect(reports(free.orderId).at(-1)?.state).toBe('verified'))
  const replayed = claims('block', 4)
  const genuine = await cloud.sign(claims('block', 6))
  await cloud.order(GATEWAY, `${genuine.slice(0, -6)}AAAAAA`)
  await cloud.order(GATEWAY, JSON.stringify(claims('block', 6)))
  await cloud.order(GATEWAY, await cloud.sign(claims('block', 6, { aud: 'gw-someoneelse' })))
  await cloud.order(GATEWAY, await cloud.sign(replayed))
  await until(() => expect(reports(replayed.orderId).map(({ state }) => state)).toEqual(['superseded']))
  await until(() => expect(gateway.status().rejectedOrders).toBe(3))
  // Long enough for any of them to have been carried out on this parked car.
  const until90 = clock.steady() + 90_000
  await until(() => expect(clock.steady()).toBeGreaterThan(until90))
  expect(switches).toEqual([])
  expect(gateway.status().highestOrderSeq).toBe(5)
})

test('a board that acknowledges and does not switch is failed, never verified', async () => {
  let acknowledged = 0
  const lie = (): true => {
    acknowledged += 1
    return true
  }
  rig = await createEdgeRig({ lying: (unit) => ({ ...unit, writeCoil: lie }) })
  const { cloud, claims, reports, switches, clock } = rig
  const { gateway } = rig.start()
  await until(() => expect(gateway.status().uplink).toBe('connected'))
  // A life of twenty hours: on a machine that lags, fifteen minutes of this fast clock may pass before the relay's turn.
  const block = claims('block', 1, { notAfter: later(clock.now(), 20 * 3_600_000) })
  await cloud.order(GATEWAY, await cloud.sign(block))
  await until(() => expect(reports(block.orderId).map(({ state }) => state)).toContain('failed'))
  // Which of the two a busy machine makes of it, a look that says no or a look that comes too late, is told apart by the
  // pure tests of the immobilizer.
  const last = reports(block.orderId).find(({ state }) => state === 'failed')
  expect(['relay-fault', 'relay-silent']).toContain(last !== undefined && 'reason' in last ? last.reason : undefined)
  expect(acknowledged).toBeGreaterThan(0)
  expect(reports(block.orderId).map(({ state }) => state)).not.toContain('verified')
  expect(switches).toEqual([])
})

test('records made while the cloud is away come once it is back, each number once', async () => {
  rig = await createEdgeRig({})
  const { cloud, car } = rig
  car.ignition = true
  car.speedKmh = 30
  const { gateway, stop } = rig.start()
  await until(() => expect(gateway.status().uplink).toBe('connected'))
  cloud.giveReceipts('no')
  await until(() => expect(gateway.status().kept.frames).toBeGreaterThan(5))
  cloud.cut()
  await until(() => expect(gateway.status().uplink).toBe('away'))
  cloud.giveReceipts('yes')
  await until(() => expect(gateway.status().uplink).toBe('connected'))
  await until(() => expect(gateway.status().kept.frames).toBeLessThan(25))
  await stop()
  const numbers = new Set(cloud.delivered.map(({ stream, seq }) => `${stream}/${seq}`))
  expect(numbers.size).toBe(cloud.delivered.length)
  expect(cloud.refused()).toEqual([])
  expect(JSON.parse(cloud.statuses().at(-1) ?? '{}')).toMatchObject({ online: false })
})
