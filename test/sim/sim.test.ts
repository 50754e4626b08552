import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { drawPlan } from './draw-plan.ts'
import { createEventQueue } from './event-queue.ts'
import { guarded } from './guard.ts'
import type { Plan } from './plan.ts'
import { type Regression, shrinkPlan } from './shrink.ts'
import { simulate } from './simulation.ts'

const FOLDER = join(import.meta.dirname, 'regressions')
const kept = readdirSync(FOLDER).filter((file) => file.endsWith('.json'))

test('the short form: seeds without violation, planted bugs caught, replays identical', { timeout: 180_000 }, () => {
  const node = join(import.meta.dirname, '../../node_modules/node/bin/node')
  const args = [
    '--seeds',
    '1..6',
    '--hours',
    '24',
    '--dense',
    '6',
    '--hashes',
    '4',
    '--mutants',
    '1,7,13,15,17,20,22,33,36,41,42,44',
  ]
  const said = execFileSync(node, [join(import.meta.dirname, 'main.ts'), ...args, '--mutant-seeds', '8'], {
    encoding: 'utf8',
  })
  const report: unknown = JSON.parse(said.trim().split('\n').at(-1) ?? '{}')
  expect(report).toMatchObject({ violations: 0, mutants: { caught: 12, missed: [] }, determinism: { differing: [] } })
})

test('a run is a function of seed and plan, and of nothing else', () => {
  const plan = drawPlan(3, { hours: 3, vehicles: 4, pace: 'dense' })
  expect(simulate(3, plan).hash).toBe(simulate(3, plan).hash)
  expect(simulate(4, plan).hash).not.toBe(simulate(3, plan).hash)
})

test.each(kept)('what once broke holds for ever: %s', (file) => {
  const { seed, plan, invariant }: Regression = JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))
  expect(simulate(seed, plan).violations.filter((one) => one.invariant === invariant)).toEqual([])
})

test.each(['Date.now', 'Math.random', 'setTimeout'])(
  '%s throws while a simulation runs, and works again after',
  (name) => {
    const call = (): unknown =>
      name === 'Date.now' ? Date.now() : name === 'Math.random' ? Math.random() : setTimeout(() => {}, 0)
    expect(() => guarded(call)).toThrow(name)
    expect(call).not.toThrow()
  },
)

test('events come by time and, within a moment, as they were planned', () => {
  const queue = createEventQueue()
  const said: number[] = []
  for (const [index, at] of [5, 1, 3, 1, 5, 0, 3].entries()) queue.push(at, () => said.push(at * 10 + index))
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) next.run()
  expect(said).toEqual([5, 11, 13, 32, 36, 50, 54])
})

test('a plan shrinks to what it takes to fail', () => {
  const plan: Plan = {
    hours: 1,
    vehicles: 1,
    happenings: Array.from({ length: 40 }, (_, at) => ({ kind: 'unlock', at, lasts: 0, vehicle: 0, wrongTries: 0 })),
  }
  const fails = ({ happenings }: Plan): boolean => [7, 31].every((at) => happenings.some((one) => one.at === at))
  expect(shrinkPlan(plan, fails).happenings.map(({ at }) => at)).toEqual([7, 31])
})
