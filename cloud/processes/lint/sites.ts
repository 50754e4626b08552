import type { Action } from '../notation/action.ts'
import type { Definitions } from '../notation/definitions.ts'
import type { Pipeline, Stage, Trigger } from '../notation/pipeline.ts'
import type { Position } from '../notation/problem.ts'
import type { Process, Step } from '../notation/process.ts'
import type { Rule } from '../notation/rule.ts'
import type { Outcome, TaskTemplate } from '../notation/task.ts'
import type { FieldType } from '../notation/value.ts'
import { NOWHERE, type Scope } from './scope.ts'

export type Owner =
  | { readonly kind: 'stage'; readonly pipeline: Pipeline; readonly stage: Stage }
  | { readonly kind: 'process'; readonly process: Process; readonly step: Step }
  | { readonly kind: 'outcome'; readonly task: TaskTemplate; readonly outcome: Outcome }
  | { readonly kind: 'rule'; readonly rule: Rule }

/** A list of actions with what is known where it runs. */
export type Site = {
  readonly owner: Owner
  readonly scope: Scope
  readonly actions: readonly Action[]
  readonly pos: Position
}

/** Pure. Every list of actions of the definitions. */
export function sitesOf(definitions: Definitions, usage: Usage = usageOf(definitions)): readonly Site[] {
  return [
    ...[...definitions.pipelines.values()].flatMap((pipeline) =>
      pipeline.stages.flatMap((stage) => stageSites(definitions, pipeline, stage)),
    ),
    ...[...definitions.processes.values()].flatMap((process) =>
      process.steps.flatMap((step) => stepSites(process, step)),
    ),
    ...[...definitions.tasks.values()].flatMap((task) =>
      task.outcomes.map(
        (outcome): Site => ({
          owner: { kind: 'outcome', task, outcome },
          scope: { ...NOWHERE, card: cardOf(definitions, usage.tasks.get(task.id)), answer: outcome.ask },
          actions: outcome.do,
          pos: outcome.pos,
        }),
      ),
    ),
    ...[...definitions.rules.values()].map(
      (rule): Site => ({
        owner: { kind: 'rule', rule },
        scope: ruleScope(definitions, rule),
        actions: rule.do,
        pos: rule.pos,
      }),
    ),
  ]
}

function stageSites(definitions: Definitions, pipeline: Pipeline, stage: Stage): readonly Site[] {
  const owner: Owner = { kind: 'stage', pipeline, stage }
  const scope: Scope = { ...NOWHERE, card: pipeline.card.name, reads: stage.read }
  return [
    { owner, scope, actions: stage.enter, pos: stage.pos },
    { owner, scope, actions: stage.leave, pos: stage.pos },
    { owner, scope, actions: stage.limit?.late ?? [], pos: stage.limit?.pos ?? stage.pos },
    ...stage.when.map((reaction) => ({
      owner,
      scope: { ...scope, ...triggerScope(definitions, reaction.event) },
      actions: reaction.do,
      pos: reaction.pos,
    })),
  ]
}

/** Pure. What the trigger itself brings: the payload that all of its events carry, or the answers of the outcome. */
export function triggerScope(definitions: Definitions, trigger: Trigger): Pick<Scope, 'event' | 'answer'> {
  if (trigger.kind === 'outside')
    return {
      event: payloadOf(
        definitions,
        trigger.names.map(({ name }) => name),
      ),
      answer: undefined,
    }
  if (trigger.kind === 'done') {
    const outcomes = definitions.tasks.get(trigger.task.name)?.outcomes ?? []
    const outcome = outcomes.find(({ id }) => id === trigger.outcome?.name)
    return { event: undefined, answer: outcome?.ask }
  }
  return { event: undefined, answer: undefined }
}

function payloadOf(definitions: Definitions, names: readonly string[]): ReadonlyMap<string, FieldType> {
  const [first, ...others] = names.map((name) => definitions.events.get(name)?.payload ?? new Map<string, FieldType>())
  return new Map([...(first ?? [])].filter(([field]) => others.every((other) => other.has(field))))
}

function stepSites(process: Process, step: Step): readonly Site[] {
  const owner: Owner = { kind: 'process', process, step }
  const scope: Scope = { ...NOWHERE, card: process.card.name, reads: process.read, bound: boundIn(process) }
  const site = (actions: readonly Action[], pos: Position): Site => ({ owner, scope, actions, pos })
  const { body } = step
  switch (body.kind) {
    case 'do':
      return [site(body.do, step.pos)]
    case 'branch':
      return body.lines.map((line) => site(line.do, line.pos))
    case 'acknowledge':
      return [site(body.acknowledge.late, step.pos)]
    case 'first_response':
      return [site(body.firstResponse.late, step.pos)]
    case 'wait':
      return [site(body.wait.late, step.pos)]
    case 'task':
      return [site([body.task], step.pos)]
    case 'call':
      return [site([body.call], step.pos)]
    default:
      return []
  }
}

export const boundIn = (process: Process): ReadonlySet<string> =>
  new Set(process.steps.flatMap(({ as }) => (as === undefined ? [] : [as])))

export function ruleScope(definitions: Definitions, rule: Rule): Scope {
  const pipeline = definitions.pipelines.get(rule.for?.pipeline?.name ?? bornIn(rule)?.pipeline ?? '')
  const event = rule.event === undefined ? { event: undefined } : triggerScope(definitions, rule.event)
  return { ...NOWHERE, card: rule.for?.entity?.name ?? pipeline?.card.name, reads: rule.read, event: event.event }
}

/** A rule without `for` works on the card that its `create` or its move names. */
export function bornIn(rule: Rule): { readonly pipeline: string } | undefined {
  for (const one of rule.do) {
    if (one.kind === 'create') return { pipeline: one.pipeline.name }
    if (one.kind === 'move' && one.pipeline !== undefined) return { pipeline: one.pipeline.name }
  }
  return undefined
}

/** Pure. The actions of a list and those nested in them. */
export const flattened = (actions: readonly Action[]): readonly Action[] =>
  actions.flatMap((one) => (one.kind === 'task' ? [one, ...flattened(one.onMax)] : [one]))

/** In which pipelines each task and process can find itself. */
export type Usage = {
  readonly tasks: ReadonlyMap<string, ReadonlySet<string>>
  readonly processes: ReadonlyMap<string, ReadonlySet<string>>
}

const cardOf = (definitions: Definitions, pipelines: ReadonlySet<string> | undefined): string | undefined => {
  const cards = new Set([...(pipelines ?? [])].map((id) => definitions.pipelines.get(id)?.card.name))
  return cards.size === 1 ? [...cards][0] : undefined
}

/** Pure. Follows every way by which a task is opened or a process started, until nothing new is found. */
export function usageOf(definitions: Definitions): Usage {
  const tasks = new Map<string, Set<string>>()
  const processes = new Map<string, Set<string>>()
  let grew = true
  const put = (into: Map<string, Set<string>>, name: string, pipelines: Iterable<string>) => {
    const known = into.get(name) ?? new Set<string>()
    into.set(name, known)
    for (const pipeline of pipelines)
      if (!known.has(pipeline)) {
        known.add(pipeline)
        grew = true
      }
  }
  const follow = (actions: readonly Action[], home: Iterable<string>, reads: Scope['reads']) => {
    let here: Iterable<string> = home
    for (const one of flattened(actions)) {
      if (one.kind === 'create') here = [one.pipeline.name]
      if (one.kind === 'move' && one.pipeline !== undefined) here = [one.pipeline.name]
      if (one.kind === 'start') put(processes, one.process.name, here)
      if (one.kind === 'task') {
        const read = reads.find(({ name }) => name === one.card?.name)?.value
        const there = read?.kind === 'find' && read.pipeline !== undefined ? [read.pipeline.name] : here
        put(tasks, one.use.name, there)
      }
    }
  }
  while (grew) {
    grew = false
    for (const pipeline of definitions.pipelines.values())
      for (const stage of pipeline.stages)
        for (const { actions } of stageSites(definitions, pipeline, stage)) follow(actions, [pipeline.id], stage.read)
    for (const process of definitions.processes.values()) {
      if (process.start !== undefined)
        put(
          processes,
          process.id,
          [...definitions.pipelines.values()]
            .filter(({ card, case: of }) => card.name === process.card.name && of === process.case)
            .map(({ id }) => id),
        )
      for (const step of process.steps)
        for (const { actions } of stepSites(process, step))
          follow(actions, processes.get(process.id) ?? [], process.read)
    }
    for (const task of definitions.tasks.values())
      for (const outcome of task.outcomes) follow(outcome.do, tasks.get(task.id) ?? [], [])
    for (const rule of definitions.rules.values()) {
      const home = rule.for?.pipeline?.name ?? bornIn(rule)?.pipeline
      const ofEntity = [...definitions.pipelines.values()].filter(({ card }) => card.name === rule.for?.entity?.name)
      follow(rule.do, home === undefined ? ofEntity.map(({ id }) => id) : [home], rule.read)
    }
  }
  return { tasks, processes }
}
