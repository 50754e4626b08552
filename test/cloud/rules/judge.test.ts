import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { epochMs } from '#contract/instant.ts'
import { createCompiler } from '../../../cloud/expressions/expression.ts'
import { BOOL, type Facts, INT, recordOf, TEXT } from '../../../cloud/expressions/fact-type.ts'
import { policyScope } from '../../../cloud/policies/policy.ts'
import { readShippedPolicies } from '../../../cloud/policies/policy-store.ts'
import { problemLine } from '../../../cloud/processes/notation/problem.ts'
import { loadRules, placesHold } from '../../../cloud/rules/compiled-rule.ts'
import { type Conditions, judgeRule, type Outcome } from '../../../cloud/rules/judge.ts'
import { ruleDiff } from '../../../cloud/rules/rule-diff.ts'
import { readShippedRules } from '../../../cloud/rules/rule-store.ts'

const policy = policyScope(readShippedPolicies().specs)
const shipped = loadRules(readShippedRules(), policy)
const compile = createCompiler({
  balance: recordOf({ kopecks: INT }, 'all'),
  promise: BOOL,
  shift: recordOf({ driver: TEXT }),
  driver: recordOf({ id: TEXT }),
})
const expression = (source: string) => {
  const compiled = compile(source, BOOL)
  if (compiled.kind === 'mistaken') throw new Error(source)
  return compiled.expression
}
const rule: Conditions = {
  fires: 'on_change',
  where: undefined,
  if: expression('balance.kopecks < 500000'),
  unless: expression('promise || shift.driver != driver.id'),
  notNow: undefined,
}
const known = (kopecks: number): Facts => ({
  balance: { kopecks },
  promise: false,
  shift: { driver: 'a' },
  driver: { id: 'a' },
})
const at = epochMs(1000)
const judged = (facts: Facts, outcome?: Outcome) =>
  judgeRule(rule, facts, outcome === undefined ? undefined : { outcome, since: epochMs(1) }, at)

describe('one judgement', () => {
  test.each([
    ['4 999.99 ₽', known(499_999), 'notSatisfied', { outcome: 'satisfied', fire: true, since: 1000 }],
    ['5 000.00 ₽', known(500_000), 'notSatisfied', { outcome: 'notSatisfied', fire: false, since: 1 }],
    ['still in debt', known(1), 'satisfied', { outcome: 'satisfied', fire: false, since: 1 }],
    ['paid', known(900_000), 'satisfied', { outcome: 'notSatisfied', fire: false, since: 1000 }],
    ['balance unknown, was in debt', { ...known(1), balance: {} }, 'satisfied', { outcome: 'satisfied', fire: false }],
    [
      'balance unknown, was not',
      { ...known(1), balance: {} },
      'notSatisfied',
      { outcome: 'notSatisfied', fire: false },
    ],
    ['shift unknown', { ...known(1), shift: {} }, 'notSatisfied', { verdict: 'unknown', fire: false }],
    [
      'shift unknown, but promised',
      { ...known(1), shift: {}, promise: true },
      'notSatisfied',
      { verdict: 'notSatisfied' },
    ],
    ['the other one drives', { ...known(1), shift: { driver: 'b' } }, 'notSatisfied', { verdict: 'notSatisfied' }],
  ] satisfies [string, Facts, Outcome, object][])('%s', (_, facts, previous, expected) => {
    expect(judged(facts, previous)).toMatchObject(expected)
  })

  test('an hour without data neither fires nor re-arms: in debt before and after it fires once', () => {
    const seen = [known(1), { ...known(1), balance: {} }, {}, known(1), known(600_000), known(1)]
    let previous: { outcome: Outcome; since: ReturnType<typeof epochMs> } | undefined
    const fires = seen.map((facts) => {
      const next = judgeRule(rule, facts, previous, at)
      previous = next
      return next.fire
    })
    expect(fires).toEqual([true, false, false, false, false, true])
  })

  test('a bad moment puts it off and is no end: it fires once it is over, and not again after the next', () => {
    const patient = { ...rule, notNow: expression('promise || driver.id == "b"'), unless: undefined }
    const night = { ...known(1), promise: true }
    const seen = [night, { ...known(1), promise: undefined }, known(1), night, known(1), known(600_000), known(1)]
    let previous: { outcome: Outcome; since: ReturnType<typeof epochMs> } | undefined
    const verdicts = seen.map((facts, n) => {
      const next = judgeRule(patient, facts, previous, epochMs(n))
      previous = next
      return `${next.verdict} ${next.outcome} ${next.since}${next.fire ? ' fires' : ''}`
    })
    expect(verdicts).toEqual([
      'notSatisfied unknown 0',
      'unknown unknown 0',
      'satisfied satisfied 2 fires',
      'notSatisfied satisfied 2',
      'satisfied satisfied 2',
      'notSatisfied notSatisfied 5',
      'satisfied satisfied 6 fires',
    ])
  })

  test('an event rule fires each time it is satisfied', () => {
    const each = { ...rule, fires: 'each_time' as const }
    expect(judgeRule(each, known(1), { outcome: 'satisfied', since: at }, at).fire).toBe(true)
  })
})

describe('shipped rules', () => {
  test('have no mistake', () => {
    expect(shipped.problems.map(problemLine)).toEqual([])
    expect(shipped.rules.length).toBeGreaterThan(20)
  })

  test('never place a hold while any value from outside is missing, whatever else is true', () => {
    const outside = ['balance', 'zone', 'vehicle.odometerKm', 'vehicle.aboard', 'driver.balanceWarnedAt', 'outage']
    const placing = shipped.rules.filter(placesHold)
    expect(placing.map(({ id }) => id).sort()).toEqual([
      'balance_low',
      'inspection_critical',
      'inspection_postponed',
      'ladder_hold',
      'zone_exit',
    ])
    const facts = fc.record({
      kopecks: fc.integer({ min: -1_000_000, max: 1_000_000 }),
      ladder: fc.constantFrom('immediate', 'fair'),
      odometerKm: fc.nat(300_000),
      postponed: fc.nat(5),
      truth: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      previous: fc.constantFrom<Outcome>('satisfied', 'notSatisfied', 'unknown'),
    })
    const defaults = Object.fromEntries(readShippedPolicies().specs.map(({ id, value }) => [id, value]))
    fc.assert(
      fc.property(facts, fc.constantFrom(...placing), ({ truth, previous, ...one }, tried) => {
        const now = Date.parse('2026-11-24T09:00:00Z')
        const all: Record<string, Facts[string]> = {
          now,
          today: now,
          policy: { ...defaults, ladder: one.ladder },
          balance: { kopecks: one.kopecks, asOf: now },
          promise: truth[0],
          shift: { driver: truth[1] === true ? 'a' : 'b' },
          driver: { id: 'a', balanceWarnedAt: truth[2] === true ? now - 86_400_000 : now },
          zone: { inside: truth[3] },
          permit: truth[4],
          outage: false,
          vehicle: {
            odometerKm: one.odometerKm,
            inspectionDueKm: 100_000,
            postponed: one.postponed,
            aboard: truth[5],
            holds: [],
          },
        }
        const reads = [tried.if, tried.unless, tried.notNow].flatMap(
          (part) => part?.reads.map(({ path }) => path.join('.')) ?? [],
        )
        for (const place of outside) {
          const [root = '', field] = place.split('.')
          if (!reads.some((path) => path === place || path.startsWith(`${place}.`))) continue
          const without = {
            ...all,
            [root]: field === undefined ? undefined : { ...Object(all[root]), [field]: undefined },
          }
          const judgement = judgeRule(tried, without, { outcome: previous, since: epochMs(0) }, epochMs(now))
          expect(judgement.fire).toBe(false)
          expect(judgement.verdict).not.toBe('satisfied')
        }
      }),
      { numRuns: 400 },
    )
  })
})

describe('a rule is refused', () => {
  const text = (body: string) =>
    `kind: rule\nid: tried\ntitle: Проба\nevery: 20m\nfor: {pipeline: lease, stage: on_line, each: driver}\n${body}`
  const context = readShippedRules().filter(({ name }) => name === 'context.yaml')
  const balance = 'read:\n  balance: {balance_of: driver, max_age: {cel: policy.balanceMaxAge}}\n'
  const hold = '{hold: {place: balance, when: stationary}}'
  const send = '{send: {message: balance_blocked, to: driver}}'
  test.each([
    [
      'place without stationary',
      `${balance}if: "balance.kopecks < 0"\ndo: [${send}, {hold: {place: balance}}]`,
      14,
      'when: stationary',
    ],
    [
      'hold before its message',
      `${balance}if: "balance.kopecks < 0"\ndo: [${hold}, ${send}]`,
      19,
      'без слова водителю',
    ],
    [
      'no age of the balance',
      `read:\n  balance: {balance_of: driver}\nif: "balance.kopecks < 0"\ndo: [${send}, ${hold}]`,
      19,
      'max_age',
    ],
    ['no condition', `do: [${send}, ${hold}]`, 19, 'без условия'],
    [
      'a name',
      `if: "deal.id == driver.phone && vehicle.model == 'x' && driver.name == 'Иван'"\ndo: [${send}]`,
      16,
      'нет такого поля',
    ],
    ['an unknown policy', `${balance}if: "balance.kopecks < policy.nothing"\ndo: [${send}]`, 16, 'нет такого поля'],
    [
      'an unknown message',
      `${balance}if: "balance.kopecks < 0"\ndo: [{send: {message: hello, to: driver}}]`,
      10,
      'hello',
    ],
    ['an unknown event', `event: moon.rose\nif: "true"\ndo: [${send}]`, 10, 'moon.rose'],
    [
      'absence of an outside value',
      `${balance}if: "!has(balance.kopecks)"\ndo: [${send}, ${hold}]`,
      16,
      'ведёт сам Кордон',
    ],
    ['a condition that is no condition', `${balance}if: "balance.kopecks"\ndo: [${send}]`, 16, '«да» или «нет»'],
  ])('%s', (_, body, check, words) => {
    const { rules, problems } = loadRules([...context, { name: 'tried.yaml', text: text(body) }], policy)
    expect(rules).toEqual([])
    expect(
      problems
        .filter((one) => one.check === check)
        .map(problemLine)
        .join('\n'),
    ).toContain(words)
    expect(problems[0]?.line).toBeGreaterThan(0)
  })

  test('that asks for a name, an age or a nationality, wherever such a field is declared', () => {
    const more =
      'kind: entities\nid: more\nentities:\n  client: {title: К, fields: {nationality: [text, Г], age: [int, В], name: [text, И]}}\n---\n'
    for (const field of ['client.nationality == "x"', 'client.age < 25', 'client.name == "x"']) {
      const file = { name: 'tried.yaml', text: more + text(`if: '${field}'\ndo: [${send}]`) }
      const { rules, problems } = loadRules([...context, file], policy)
      expect(rules).toEqual([])
      expect(problems.map(({ check }) => check)).toContain(20)
    }
  })
})

test('what changed between versions is told in words', () => {
  const context = readShippedRules().filter(({ name }) => name === 'context.yaml')
  const of = (limit: number) => {
    const text = `kind: rule\nid: a\ntitle: А\nevery: 20m\nfor: {entity: vehicle}\nif: "vehicle.postponed > ${limit}"\ndo: [{task: x}]`
    const [one] = loadRules([...context, { name: 'a.yaml', text }], policy).rules
    if (one === undefined) throw new Error('not loaded')
    return one.rule
  }
  expect(ruleDiff(of(2), of(3))).toEqual([
    {
      ru: 'условие: было «vehicle.postponed > 2», стало «vehicle.postponed > 3»',
      en: expect.stringContaining('condition'),
    },
  ])
  expect(ruleDiff(of(2), of(2))).toEqual([])
})
