import type { Actor } from '../../../cloud/processes/engine/card.ts'
import { RUSSIAN_HOLIDAYS } from '../../../cloud/processes/engine/holidays.ts'
import { createMachine, type Machine } from '../../../cloud/processes/engine/machine.ts'
import type { OutsideFacts } from '../../../cloud/processes/engine/memory.ts'
import { createWorld, type World } from '../../../cloud/processes/engine/world.ts'
import { check } from '../../../cloud/processes/lint/lint.ts'
import { problemLine } from '../../../cloud/processes/notation/problem.ts'

export const MANAGER: Actor = { kind: 'person', id: 'p1', name: 'Иванова', roles: ['manager'] }
export const HEAD: Actor = { kind: 'person', id: 'p2', name: 'Петров', roles: ['head'] }
/** Friday, 20 November 2026, 17:00 in Moscow. */
export const FRIDAY_17 = Date.parse('2026-11-20T17:00:00+03:00')
export const at = (text: string): number => Date.parse(`2026-11-${text}:00+03:00`)

/** Definitions that have to be right, ready to run. */
export function machineOf(...texts: readonly string[]): Machine {
  const { definitions, problems } = check(texts.map((text, index) => ({ name: `${index}.yaml`, text })))
  if (problems.length > 0) throw new Error(problems.map(problemLine).join('\n'))
  return createMachine(1, definitions, RUSSIAN_HOLIDAYS)
}

export const worldOf = (text: string, start = FRIDAY_17, outside?: OutsideFacts): World =>
  createWorld(machineOf(text), start, outside)

/** What became of a card, in short words. */
export const story = (world: World, id: string): readonly string[] =>
  world.steps().flatMap((step) => {
    if (step.card !== id) return []
    if ('effect' in step) return [step.effect.kind === 'send' ? `send ${step.effect.message}` : step.effect.kind]
    const { change } = step
    switch (change.kind) {
      case 'moved':
        return [`→ ${change.to}`]
      case 'task':
        return [`task ${change.template}`]
      case 'done':
        return [`done ${change.template}.${change.outcome}`]
      case 'refused':
        return [`refused ${change.what}: ${change.why.join('; ')}`]
      case 'numbered':
        return [`number ${change.number}`]
      case 'started':
      case 'ended':
        return [`${change.kind} ${change.process}`]
      case 'parked':
      case 'overran':
      case 'cancelled':
        return [change.kind]
      default:
        return []
    }
  })
