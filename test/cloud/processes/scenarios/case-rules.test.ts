import { expect, test } from 'vitest'
import { policyScope } from '../../../../cloud/policies/policy.ts'
import { readShippedPolicies } from '../../../../cloud/policies/policy-store.ts'
import { shippedCases } from '../../../../cloud/processes/cases-store.ts'
import { shippedTemplate } from '../../../../cloud/processes/documents/file-store.ts'
import { masksOf } from '../../../../cloud/processes/documents/template.ts'
import { check } from '../../../../cloud/processes/lint/lint.ts'
import { readDefinitions } from '../../../../cloud/processes/notation/definitions.ts'
import { problemLine } from '../../../../cloud/processes/notation/problem.ts'
import { ruleTexts } from '../../../../cloud/rules/book/rule-text.ts'
import { loadRule } from '../../../../cloud/rules/compiled-rule.ts'
import { readShippedRules } from '../../../../cloud/rules/rule-store.ts'

const { definitions, problems } = check(shippedCases())
const { rules, context } = ruleTexts([...shippedCases(), ...readShippedRules()])

test('the case files have no mistake', () => {
  expect(problems.map(problemLine)).toEqual([])
})

test('a rule stands in one place: with the cases, or with the rules that hold cars', () => {
  const ids = rules.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect([...definitions.rules.values()].flatMap((rule) => rule.do.filter(({ kind }) => kind === 'hold'))).toEqual([])
})

test.each(rules.map(({ id, text }) => [id, text]))('the rule book understands %s', (_id, text) => {
  const known = readDefinitions(context, () => {})
  const found = loadRule({ name: 'rule.yaml', text }, known, policyScope(readShippedPolicies().specs)).problems
  expect(found.filter(({ file }) => file === 'rule.yaml').map(problemLine)).toEqual([])
})

test('a task that a rule of the house asks for is described by the cases', () => {
  const asked = readShippedRules().flatMap(({ text }) =>
    [...text.matchAll(/task: (?:\{ use: )?(\w+)/g)].map(([, id]) => id),
  )
  expect(asked.filter((id) => !definitions.tasks.has(id ?? ''))).toEqual([])
})

test.each([...definitions.documents.values()].map((document) => [document.id, document]))(
  'document %s has a template, and all it prints is asked for before it is made',
  (_id, document) => {
    const template = shippedTemplate(document.template)
    expect(template).toBeDefined()
    const asked = document.need.map(({ name }) => name)
    expect(template === undefined ? [] : masksOf(template).filter((mask) => !asked.includes(mask))).toEqual([])
  },
)

test('a number of the cases that a head may change is a policy of the house', () => {
  const known = new Set(readShippedPolicies().specs.map(({ id }) => id))
  // Where applications are taken is not set: it is what the zone of work is made of.
  expect([...definitions.policy.keys()].filter((id) => !known.has(id))).toEqual(['serviceArea'])
})
