import { expect, test } from 'vitest'
import { createProbedPublish } from '../../../cloud/orders/probed-publish.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

test('small messages follow an order, and no broker keeps them', async () => {
  const clock = createManualClock()
  const began = clock.steady()
  const left: (readonly [number, string, boolean])[] = []
  const publish = createProbedPublish({
    publish: async (_topic, payload, { retain }) => void left.push([clock.steady() - began, String(payload), retain]),
    clock,
    log: silentLog,
  })
  await publish('order', 'signed', { retain: true })
  expect(left).toEqual([[0, 'signed', true]])
  await clock.advance(1000)
  expect(left.slice(1)).toEqual([2, 4, 6, 320].map((at) => [at, '', false]))
})

test('an order that was not taken is followed by nothing; a lost probe is no harm', async () => {
  const clock = createManualClock()
  let taken = 0
  const broker = { fails: 'order' }
  const publish = createProbedPublish({
    publish: async (_topic, payload) => {
      if (broker.fails === (payload === '' ? 'probe' : 'order')) throw new Error('away')
      taken += 1
    },
    clock,
    log: silentLog,
  })
  await expect(publish('order', 'signed', { retain: true })).rejects.toThrow('away')
  await clock.advance(1000)
  expect(taken).toBe(0)
  broker.fails = 'probe'
  await publish('order', 'signed', { retain: true })
  await clock.advance(1000)
  expect(taken).toBe(1)
})
