import { expect, test } from 'vitest'
import { shippedCases } from '../../../../cloud/processes/cases-store.ts'
import { CASES } from '../../../../cloud/processes/definitions/chosen-cases.ts'
import { check } from '../../../../cloud/processes/lint/lint.ts'
import { saidBy } from '../../../../cloud/processes/notation/said.ts'

const subsets = Array.from({ length: 31 }, (_, index) => CASES.filter((_case, bit) => ((index + 1) >> bit) & 1))

test.each(subsets.map((chosen) => [chosen.join(','), chosen] as const))(
  'the cases %s alone pass every check, and no other has a pipeline',
  (_name, chosen) => {
    const { definitions, problems } = check(shippedCases(chosen))
    expect(problems).toEqual([])
    const files = [...definitions.pipelines.values()].map(({ pos }) => pos.file.slice(0, 1))
    expect([...new Set(files)].sort()).toEqual(chosen)
  },
)

test('everything that the shipped cases say on a screen is said in English too', () => {
  const { definitions } = check(shippedCases(CASES))
  const russian = saidBy(definitions).filter((words) => /[а-яё]/i.test(words))
  expect(new Set(definitions.english.keys())).toEqual(new Set(russian))
  expect([...definitions.english.values()].filter(({ text }) => /[а-яё]/i.test(text))).toEqual([])
})

test('a workplace keeps the queues of the chosen case, and goes when none is left', () => {
  const { workplaces } = check(shippedCases(['c'])).definitions.org
  const tasksOf = (id: string) => workplaces.get(id)?.queues.flatMap(({ tasks }) => tasks.map(({ name }) => name))
  expect(tasksOf('car_service')).toEqual(['c_missed', 'c_call', 'c_invite'])
  expect(tasksOf('mechanics')).toEqual(['c_start', 'c_work', 'c_resume'])
  expect(tasksOf('dispatch')).toBeUndefined()
})
