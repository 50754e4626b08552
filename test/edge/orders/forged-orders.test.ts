import { expect, test } from 'vitest'
import { bombard, createForger } from '../../support/forged-orders.ts'

/** A million of them: `npm run sim -- --envelopes 1000000`. */
const ENVELOPES = 10_000

test('ten thousand adversarial envelopes: none becomes an order, and the genuine one still does', async () => {
  const forger = createForger(20_261_121)
  const { tried, accepted, genuine } = await bombard(forger, ENVELOPES)
  expect(accepted).toEqual([])
  expect(genuine).toBe(true)
  expect([...tried.keys()].toSorted()).toEqual(forger.kinds.toSorted())
  expect(Math.min(...tried.values())).toBeGreaterThan(ENVELOPES / 100)
}, 60_000)
