import fc from 'fast-check'
import { expect, test } from 'vitest'
import { VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { HoldReason } from '#contract/order.ts'
import { mayLift } from '../../../cloud/holds/hold-row.ts'
import { readShippedRules } from '../../../cloud/rules/rule-store.ts'

const VEHICLE = VehicleId.parse('3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11')
const reason = fc.constantFrom(...HoldReason.options)
const key = fc.constantFrom('', 'driver-1', 'driver-2')
const by = fc.constantFrom('user' as const, 'rule' as const)

test('whatever stands, a lift takes only its own reason and key, and a rule never what a person has placed', () => {
  const hold = fc.record({ reason, key, placedByKind: by })
  const wish = fc.record({ reason, key: fc.option(key, { nil: undefined }), by })
  fc.assert(
    fc.property(fc.array(hold, { maxLength: 8 }), wish, (holds, asked) => {
      const who = { kind: asked.by, id: 'x', name: 'x' }
      const query = { vehicleId: VEHICLE, reason: asked.reason, note: '', by: who }
      for (const one of holds) {
        const row = {
          ...one,
          id: 'hold',
          vehicleId: VEHICLE,
          note: '',
          placedById: 'x',
          placedByName: 'x',
          placedAt: epochMs(0),
          orderId: null,
          evidence: null,
          ruleVersion: null,
          whenNextParked: false,
          liftedAt: null,
          liftedByKind: null,
          liftedById: null,
          liftedByName: null,
          liftNote: null,
        }
        if (!mayLift(row as never, asked.key === undefined ? query : { ...query, key: asked.key })) continue
        expect(one.reason).toBe(asked.reason)
        if (asked.key !== undefined) expect(one.key).toBe(asked.key)
        if (asked.by === 'rule') expect(one.placedByKind).toBe('rule')
      }
    }),
    { numRuns: 500 },
  )
})

test('no shipped rule lifts another reason than the one it is about, and a balance only with its debtor', () => {
  const texts = readShippedRules().flatMap(({ text }) => text.split(/^---$/m))
  const lifts = texts.flatMap((text) => {
    const [, id = ''] = /^id: (\w+)$/m.exec(text) ?? []
    return [...text.matchAll(/lift: (\w+)(, key: \{ cel: driver\.id \})?/g)].map(([, what = '', whose]) => ({
      id,
      what,
      whose,
    }))
  })
  expect(lifts.length).toBeGreaterThanOrEqual(4)
  for (const { id, what, whose } of lifts) {
    expect(id.startsWith(what), `${id} lifts ${what}`).toBe(true)
    if (what === 'balance') expect(whose, id).toBeDefined()
  }
})
