import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCompiler, dependsOn, type Expression, verdictOf } from '../../../cloud/expressions/expression.ts'
import {
  BOOL,
  DURATION,
  type Facts,
  type FactType,
  factTypeOf,
  INT,
  recordOf,
  type Scope,
  TEXT,
  TEXTS,
  TIME,
} from '../../../cloud/expressions/fact-type.ts'

const at = (text: string) => Date.parse(text)
const scope: Scope = {
  now: TIME,
  today: TIME,
  policy: recordOf({ minBalance: INT, maxPostpones: INT, papersIssueDays: INT, serviceArea: TEXTS }),
  vehicle: recordOf(
    {
      postponed: INT,
      odometerKm: INT,
      dkUntil: TIME,
      osagoUntil: TIME,
      holds: TEXTS,
      status: TEXT,
      speed: { kind: 'number' },
    },
    ['odometerKm'],
  ),
  driver: recordOf({ id: TEXT }),
  deal: recordOf({ arrivedAt: TIME, visitAt: TIME, city: TEXT, drivers: TEXTS }),
  balance: recordOf({ kopecks: INT, asOf: TIME }, 'all'),
  shift: recordOf({ driver: TEXT, since: TIME }),
  promise: BOOL,
}
const compile = createCompiler(scope)

function expressionOf(source: string, gives?: FactType): Expression {
  const compiled = compile(source, gives)
  if (compiled.kind === 'mistaken') throw new Error(JSON.stringify(compiled.mistakes))
  return compiled.expression
}
const verdict = (source: string, facts: Facts) => verdictOf(expressionOf(source, BOOL).evaluate(facts))
const found = (source: string, facts: Facts = {}) => expressionOf(source).evaluate(facts)
const codesOf = (source: string, gives?: FactType) => {
  const compiled = compile(source, gives)
  return compiled.kind === 'compiled' ? [] : compiled.mistakes.map((one) => one.code)
}

describe('three values', () => {
  test.each([
    [
      'balance.kopecks < policy.minBalance',
      { balance: { kopecks: 499_999 }, policy: { minBalance: 500_000 } },
      'satisfied',
    ],
    [
      'balance.kopecks < policy.minBalance',
      { balance: { kopecks: 500_000 }, policy: { minBalance: 500_000 } },
      'notSatisfied',
    ],
    ['balance.kopecks < policy.minBalance', { policy: { minBalance: 500_000 } }, 'unknown'],
    ['balance.kopecks < policy.minBalance', { balance: {}, policy: { minBalance: 500_000 } }, 'unknown'],
    ['balance.kopecks < policy.minBalance', { balance: { kopecks: null }, policy: { minBalance: 500_000 } }, 'unknown'],
    ['balance.kopecks < policy.minBalance', { balance: { kopecks: '1' }, policy: { minBalance: 500_000 } }, 'unknown'],
    ['balance.kopecks < policy.minBalance', { balance: { kopecks: 0.5 }, policy: { minBalance: 500_000 } }, 'unknown'],
    ['promise || shift.driver != driver.id', { promise: true, driver: { id: 'a' } }, 'satisfied'],
    ['promise || shift.driver != driver.id', { promise: false, shift: {}, driver: { id: 'a' } }, 'unknown'],
    [
      'promise || shift.driver != driver.id',
      { promise: false, shift: { driver: 'b' }, driver: { id: 'a' } },
      'satisfied',
    ],
    ['promise && shift.driver != driver.id', { promise: false }, 'notSatisfied'],
    ['!(balance.kopecks < 0)', {}, 'unknown'],
    ['has(shift.driver)', { shift: {} }, 'notSatisfied'],
    ['!has(shift.driver)', { shift: {} }, 'satisfied'],
    ['!has(shift.driver)', {}, 'unknown'],
    ['!has(shift.driver)', { shift: { driver: 7 } }, 'unknown'],
    ['!has(shift.driver)', { shift: { driver: null } }, 'satisfied'],
    ["'zone' in vehicle.holds", { vehicle: { holds: ['zone'] } }, 'satisfied'],
    ["!('zone' in vehicle.holds)", { vehicle: { holds: ['balance', 3] } }, 'unknown'],
    ['vehicle.holds.size() == 0', { vehicle: { holds: [] } }, 'satisfied'],
    ["vehicle.holds.exists(h, h == 'zone')", { vehicle: { holds: ['zone'] } }, 'satisfied'],
    ['vehicle.postponed / 0 > 1', { vehicle: { postponed: 1 } }, 'unknown'],
    [
      'vehicle.postponed > policy.maxPostpones',
      { vehicle: { postponed: 3 }, policy: { maxPostpones: 2 } },
      'satisfied',
    ],
  ] as const)('%s of %j is %s', (source, facts, expected) => {
    expect(verdict(source, facts)).toBe(expected)
  })

  test('what is missing is named, what is only asked after is not', () => {
    const unknown = found('has(shift.driver) && balance.kopecks < policy.minBalance', {
      shift: { driver: 'a' },
      policy: {},
    })
    expect(unknown).toMatchObject({ kind: 'unknown', missing: ['balance.kopecks', 'policy.minBalance'] })
  })

  test('whatever the facts are, nothing is thrown and a missing balance never satisfies', () => {
    const expression = expressionOf('balance.kopecks < policy.minBalance && !promise', BOOL)
    const anything = fc.oneof(
      fc.constant(null),
      fc.string(),
      fc.double(),
      fc.boolean(),
      fc.constant([]),
      fc.constant({}),
    )
    fc.assert(
      fc.property(
        fc.record({ kopecks: anything }, { requiredKeys: [] }),
        fc.boolean(),
        fc.integer(),
        (balance, promise, minBalance) => {
          const outcome = verdictOf(expression.evaluate({ balance, promise, policy: { minBalance } }))
          const known = typeof balance.kopecks === 'number' && Number.isSafeInteger(balance.kopecks)
          expect(outcome === 'satisfied').toBe(known && Number(balance.kopecks) < minBalance && !promise)
        },
      ),
    )
  })
})

test('whole numbers may come as bigint', () => {
  expect(verdict('vehicle.postponed > 2', { vehicle: { postponed: 3n } })).toBe('satisfied')
})

describe('the four functions and time', () => {
  test.each([
    ['day(now)', { now: at('2026-11-24T20:59:59.999Z') }, at('2026-11-23T21:00:00Z')],
    ['day(now)', { now: at('2026-11-24T21:00:00Z') }, at('2026-11-24T21:00:00Z')],
    ['today + days(3)', { today: at('2026-11-23T21:00:00Z') }, at('2026-11-26T21:00:00Z')],
    ['deal.visitAt + duration("1h30m")', { deal: { visitAt: 0 } }, 5_400_000],
    ['now - deal.visitAt', { now: 5, deal: { visitAt: 1505 } }, -1500],
    ['least([vehicle.dkUntil, vehicle.osagoUntil])', { vehicle: { dkUntil: 9, osagoUntil: 5 } }, 5],
    ["normCity('г. мытищи')", {}, 'Мытищи'],
    ["normCity('МОСКВА ')", {}, 'Москва'],
    ["normCity('Королев')", {}, 'Королёв'],
    ["normCity('у метро')", {}, ''],
    ["now.getHours('Europe/Moscow')", { now: 0 }, 3],
    ['vehicle.postponed + 1', { vehicle: { postponed: 2 } }, 3],
  ] as const)('%s', (source, facts, value) => {
    expect(found(source, facts)).toEqual({ kind: 'value', value })
  })

  test('the earliest of dates is unknown while one of them is', () => {
    expect(found('least([vehicle.dkUntil, vehicle.osagoUntil])', { vehicle: { dkUntil: 9 } }).kind).toBe('unknown')
  })

  test('a number past what is exact is no value', () => {
    expect(found('vehicle.postponed * 4', { vehicle: { postponed: Number.MAX_SAFE_INTEGER } }).kind).toBe('unknown')
  })
})

describe('a mistake is found at load', () => {
  test.each([
    ['vehicle.postponed >', 'unexpected_token'],
    ['vehicle.postponedd > 2', 'no_such_key'],
    ['car.postponed > 2', 'unknown_variable'],
    ["vehicle.postponed == 'x'", 'no_such_overload'],
    ['vehicle.speed + vehicle.postponed > 1.0', 'no_such_overload'],
    ['vehicle.status != null', 'null'],
    ['now - deal.visitAt <= duration("3d")', 'invalid_duration'],
    ['now < timestamp("2026-13-01T00:00:00Z")', 'invalid_timestamp'],
    ['!has(balance.kopecks)', 'has-outside'],
    ['!(promise && has(balance.kopecks))', 'has-outside'],
    ['has(balance.kopecks) == false', 'has-outside'],
    ['!has(vehicle.odometerKm)', 'has-outside'],
    ["vehicle.status.matches('(a+)+')", 'function'],
    ['dyn(vehicle.postponed) > 1', 'function'],
    ['now.getHours() > 5', 'zone'],
    ['vehicle.postponed', 'type'],
    ['deal.?arrivedAt', 'expected_token'],
  ])('%s: %s', (source, code) => {
    expect(codesOf(source, BOOL)).toContain(code)
  })

  test.each(['!has(deal.arrivedAt)', 'has(balance.kopecks) && balance.kopecks < 0', '!(!has(balance.kopecks))'])(
    '%s is allowed',
    (source) => expect(codesOf(source, BOOL)).toEqual([]),
  )

  test('its place is told by line and column, in both languages', () => {
    const compiled = compile('vehicle.postponed > 2\n  && vehicle.dkUntill < today', BOOL)
    expect(compiled).toMatchObject({
      mistakes: [{ code: 'no_such_key', at: { line: 2, column: 14 }, ru: expect.stringContaining('нет такого поля') }],
    })
  })

  test('what is given must be of the wanted type', () => {
    expect(codesOf('now + days(1)', TIME)).toEqual([])
    expect(codesOf('days(1)', DURATION)).toEqual([])
    expect(codesOf('balance.kopecks', TIME)).toEqual(['type'])
  })

  test('an expression beyond any reason is refused', () => {
    expect(codesOf(Array.from({ length: 400 }, () => 'promise').join(' && '), BOOL)).not.toEqual([])
  })
})

describe('what an expression reads', () => {
  test('every path once, names bound in a list macro are none', () => {
    const { reads } = expressionOf(
      "deal.drivers.exists(d, d == driver.id) && has(shift.driver) && shift.driver == 'x' && has(deal.city)",
    )
    expect(reads).toEqual([
      { path: ['deal', 'drivers'], how: 'value' },
      { path: ['driver', 'id'], how: 'value' },
      { path: ['shift', 'driver'], how: 'value' },
      { path: ['deal', 'city'], how: 'presence' },
    ])
  })

  test('a changed field calls for it, another does not', () => {
    const expression = expressionOf('vehicle.postponed > 2')
    expect(['vehicle.postponed', 'vehicle', 'vehicle.status'].map((path) => dependsOn(expression, path))).toEqual([
      true,
      true,
      false,
    ])
  })
})

test('words of the notation name types', () => {
  expect(factTypeOf('money')).toEqual({ kind: 'int' })
  expect(factTypeOf('list<ref>')).toEqual({ kind: 'list', of: { kind: 'text' } })
  expect(factTypeOf('date')).toEqual({ kind: 'time' })
  expect(factTypeOf('toString')).toBeUndefined()
})
