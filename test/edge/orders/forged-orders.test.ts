import { expect, test } from 'vitest'
import { bombard, createForger } from '../../support/forged-orders.ts'

const ENVELOPES = 1_000_000

test('a million adversarial envelopes: none becomes an order, and the genuine one still does', async () => {
  const forger = createForger(20_261_121)
  const began = performance.now()
  const { tried, accepted, genuine } = await bombard(forger, ENVELOPES)
  console.log(`${ENVELOPES} envelopes of ${tried.size} kinds in ${((performance.now() - began) / 1000).toFixed(1)} s`)
  expect(accepted).toEqual([])
  expect(genuine).toBe(true)
  expect([...tried.keys()].toSorted()).toEqual(forger.kinds.toSorted())
  expect(Math.min(...tried.values())).toBeGreaterThan(ENVELOPES / 100)
}, 300_000)
