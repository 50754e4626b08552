import type { Action } from '../notation/action.ts'
import { type Definitions, stageOf } from '../notation/definitions.ts'
import type { Pipeline, Stage } from '../notation/pipeline.ts'
import type { Report } from '../notation/problem.ts'
import { nearest } from '../notation/reader.ts'
import { flattened, type Site, type Usage } from './sites.ts'

/** Checks 3 to 7: stages, ways between them, guards and limits. */
export function checkStages(definitions: Definitions, sites: readonly Site[], report: Report): void {
  const entries = entryStages(sites)
  for (const pipeline of definitions.pipelines.values()) {
    const ids = pipeline.stages.map(({ id }) => id)
    for (const stage of pipeline.stages) {
      if (ids.indexOf(stage.id) !== pipeline.stages.indexOf(stage))
        report(stage.pos, 2, `Этап «${stage.id}» описан дважды`, 'Оставьте один')
      for (const next of stage.next)
        if (!ids.includes(next.name))
          report(
            next.pos,
            3,
            `Нет этапа «${next.name}» в воронке «${pipeline.id}»`,
            `Этапы: ${ids.join(', ')}${nearest(next.name, ids)}`,
          )
      if (stage.type === 'open' && stage.next.length === 0 && pipeline.moves !== 'free')
        report(stage.pos, 4, `С этапа «${stage.title}» некуда идти`, 'Добавьте next или сделайте этап won или lost')
      if (stage.limit !== undefined && !definitions.org.calendars.has(stage.limit.clock.name))
        report(
          stage.limit.clock.pos,
          7,
          `Нет календаря «${stage.limit.clock.name}»`,
          `Календари: ${[...definitions.org.calendars.keys()].join(', ')}`,
        )
    }
    if (!ids.includes(pipeline.start.name))
      report(pipeline.start.pos, 3, `Нет начального этапа «${pipeline.start.name}»`, `Этапы: ${ids.join(', ')}`)
    checkReach(pipeline, entries.get(pipeline.id) ?? new Set(), report)
  }
}

function entryStages(sites: readonly Site[]): ReadonlyMap<string, Set<string>> {
  const entries = new Map<string, Set<string>>()
  for (const one of sites.flatMap(({ actions }) => flattened(actions)))
    if (one.kind === 'spawn' || one.kind === 'create')
      entries.set(one.pipeline.name, (entries.get(one.pipeline.name) ?? new Set()).add(one.stage.name))
  return entries
}

function checkReach(pipeline: Pipeline, entries: ReadonlySet<string>, report: Report): void {
  if (pipeline.moves === 'free') return
  const reached = new Set<string>()
  const walk = (id: string): void => {
    if (reached.has(id)) return
    reached.add(id)
    for (const next of stageOf(pipeline, id)?.next ?? []) walk(next.name)
  }
  for (const id of [pipeline.start.name, ...entries]) walk(id)
  for (const stage of pipeline.stages)
    if (!reached.has(stage.id))
      report(
        stage.pos,
        5,
        `На этап «${stage.title}» нельзя попасть`,
        `Добавьте «${stage.id}» в next другого этапа или уберите этап`,
      )
}

/** Check 6: a move leads to a stage that exists and that may follow. */
export function checkMoves(definitions: Definitions, sites: readonly Site[], usage: Usage, report: Report): void {
  for (const site of sites) {
    const homes = homesOf(definitions, site, usage)
    const { owner } = site
    const from = owner.kind === 'stage' ? [owner.stage] : undefined
    followMoves(definitions, site.actions, homes, from, report)
  }
}

function homesOf(definitions: Definitions, { owner, scope }: Site, usage: Usage): readonly Pipeline[] {
  const named = (ids: Iterable<string>) => [...ids].flatMap((id) => definitions.pipelines.get(id) ?? [])
  switch (owner.kind) {
    case 'stage':
      return [owner.pipeline]
    case 'process':
      return named(usage.processes.get(owner.process.id) ?? [])
    case 'outcome':
      return named(usage.tasks.get(owner.task.id) ?? [])
    case 'rule':
      return owner.rule.for?.pipeline !== undefined
        ? named([owner.rule.for.pipeline.name])
        : [...definitions.pipelines.values()].filter(({ card }) => card.name === scope.card)
  }
}

function followMoves(
  definitions: Definitions,
  actions: readonly Action[],
  homes: readonly Pipeline[],
  from: readonly Stage[] | undefined,
  report: Report,
): void {
  let here = homes
  let standing = from
  for (const one of actions) {
    if (one.kind === 'create') {
      const born = definitions.pipelines.get(one.pipeline.name)
      here = born === undefined ? [] : [born]
      const stage = stageOf(born, one.stage.name)
      standing = stage && [stage]
    }
    if (one.kind === 'task') followMoves(definitions, one.onMax, here, standing, report)
    if (one.kind !== 'move') continue
    const target = one.stage.name
    const within = one.pipeline === undefined ? here : here.filter(({ id }) => id === one.pipeline?.name)
    const asked =
      one.pipeline === undefined
        ? here
        : [...within, ...[...definitions.pipelines.values()].filter(({ id }) => id === one.pipeline?.name)]
    const having = asked.filter((pipeline) => stageOf(pipeline, target) !== undefined)
    if (having.length === 0) {
      const known = asked.flatMap((pipeline) => pipeline.stages.map(({ id }) => id))
      report(
        one.stage.pos,
        6,
        `Нет этапа «${target}»${where(asked)}`,
        `Этапы: ${[...new Set(known)].join(', ')}${nearest(target, known)}`,
      )
      standing = undefined
      continue
    }
    const guarded = having.filter(({ moves }) => moves !== 'free')
    const mayFollow =
      standing === undefined || one.pipeline !== undefined
        ? guarded.length < having.length ||
          guarded.some((pipeline) => pipeline.stages.some(({ next }) => next.some(({ name }) => name === target)))
        : standing.some(
            (stage) => stage.id === target || stage.next.some(({ name }) => name === target) || guarded.length === 0,
          )
    if (!mayFollow)
      report(
        one.stage.pos,
        6,
        `На «${target}» отсюда перейти нельзя`,
        `Добавьте «${target}» в next ${standing === undefined ? 'хотя бы одного этапа' : `этапа «${standing[0]?.id ?? ''}»`}`,
      )
    const stages = having.flatMap((pipeline) => stageOf(pipeline, target) ?? [])
    standing = stages.length === 1 ? stages : undefined
  }
}

const where = (pipelines: readonly Pipeline[]): string =>
  pipelines.length === 0 ? '' : ` (${pipelines.map(({ id }) => id).join(', ')})`
