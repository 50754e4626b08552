import { describe, expect, test } from 'vitest'
import { VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { DriverId } from '../../../cloud/drivers/driver.ts'
import { policyFacts, policyScope } from '../../../cloud/policies/policy.ts'
import { readShippedPolicies } from '../../../cloud/policies/policy-store.ts'
import { loadRules } from '../../../cloud/rules/compiled-rule.ts'
import { placesOf } from '../../../cloud/rules/fact-history.ts'
import { readShippedRules } from '../../../cloud/rules/rule-store.ts'
import { type Change, historyKey, isTimed, replay } from '../../../cloud/rules/trial/replay.ts'

const { specs } = readShippedPolicies()
const { rules } = loadRules(readShippedRules(), policyScope(specs))
const ruleOf = (id: string) => {
  const rule = rules.find((one) => one.id === id)
  if (rule === undefined) throw new Error(id)
  return rule
}
const vehicleId = VehicleId.parse('0a0e7b1c-8f5e-4a63-9d9a-1d1a6a3f7f21')
const driverId = DriverId.parse('0a0e7b1c-8f5e-4a63-9d9a-1d1a6a3f7f22')
const subject = {
  id: 'lease:1',
  eachKey: driverId,
  vehicleId,
  driverId,
  facts: { deal: { id: '1', drivers: [driverId] }, vehicle: { id: vehicleId }, driver: { id: driverId } },
  asOf: {},
}
const HOUR = 3_600_000
const span = { from: epochMs(0), to: epochMs(48 * HOUR) }
const policy = policyFacts(specs, new Map())
const at = (hour: number, value: Change['value']): Change => ({ at: epochMs(hour * HOUR), value })
const history = (balance: readonly Change[], promise: readonly Change[] = [at(0, false)]) =>
  new Map([
    [historyKey('driver', driverId, 'balance.kopecks'), balance],
    [historyKey('driver', driverId, 'permit.payment_promise'), promise],
    [historyKey('vehicle', vehicleId, 'shift.driver'), [at(0, driverId)]],
  ])
const low = ruleOf('balance_low')
const hits = (minBalance: number, told: ReturnType<typeof history>) =>
  replay(low, placesOf(low), subject, told, { ...policy, minBalance }, span).hits.map((hit) => [
    hit.at / HOUR,
    hit.until === null ? null : hit.until / HOUR,
  ])

describe('what would have been', () => {
  const falling = [at(0, 900_000), at(10, 580_000), at(20, 450_000), at(30, 900_000)]
  test.each([
    [500_000, [[20, 30]]],
    [600_000, [[10, 30]]],
    [450_000, []],
    [1_000_000, [[0, null]]],
  ])('with a threshold of %d', (minBalance, expected) => {
    expect(hits(minBalance, history(falling))).toEqual(expected)
  })

  test('an hour without data neither ends nor repeats it', () => {
    expect(hits(500_000, history([at(0, 900_000), at(5, 1), at(6, null), at(7, 1), at(9, 900_000)]))).toEqual([[5, 9]])
  })

  test('never known: nobody is hit', () => {
    expect(hits(500_000, history([at(0, null)]))).toEqual([])
    expect(hits(500_000, new Map())).toEqual([])
  })

  test('a promise exempts while it runs', () => {
    expect(hits(500_000, history([at(0, 1)], [at(0, true), at(24, false)]))).toEqual([[24, null]])
  })

  test('a rule that looks at the clock is judged at every turn of its own', () => {
    const ladder = ruleOf('ladder_hold')
    expect([isTimed(low), isTimed(ladder)]).toEqual([false, true])
    const facts = new Map([
      ...history([at(0, 1)]),
      [historyKey('driver', driverId, 'balanceWarnedAt'), [at(0, 10 * HOUR)]],
      [historyKey('vehicle', vehicleId, 'aboard'), [at(0, false)]],
      [historyKey('vehicle', vehicleId, 'areaOutage'), [at(0, false)]],
    ])
    const found = replay(ladder, placesOf(ladder), subject, facts, { ...policy, ladder: 'fair' }, span)
    // Four hours after the warning, and not in the night: 14:00 UTC is 17:00 in Moscow.
    expect(found.hits.map((hit) => hit.at / HOUR)[0]).toBe(14)
  })
})
