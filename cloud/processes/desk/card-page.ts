import { EpochMs } from '#contract/instant.ts'
import type { Facts } from '../../expressions/fact-type.ts'
import type { Caller } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import type { BoardStore } from '../board-store.ts'
import { linksOf } from '../card-links.ts'
import type { CardState } from '../engine/card.ts'
import type { Machine } from '../engine/machine.ts'
import type { CardWays, ProcessService } from '../process-service.ts'
import type { CardListStore } from './card-list-store.ts'
import { askedBy, cardItem, type FieldView, fieldView, taskView } from './card-view.ts'
import type { LabelStore } from './label-store.ts'
import { type Records, type ShownCard, shownCard } from './shown-card.ts'
import { checkWrites, isWritable, type Sight, type Sights, viewWord, type Work, wordOf } from './sight.ts'

type Deps = {
  readonly now: () => EpochMs
  readonly sights: Sights
  readonly processes: ProcessService
  readonly boards: BoardStore
  readonly lists: CardListStore
  readonly labels: LabelStore
  readonly records: Records
}
type Wish = {
  readonly pipeline: string
  readonly stage?: string | undefined
  readonly fields: Facts
  readonly subject?: string | undefined
}

/** One card: what is known, what is asked next, where it may go, what is to be done; and a new one. */
export function createCardPage(deps: Deps) {
  const { sights, processes, boards, lists, now } = deps

  const formOf = (
    machine: Machine,
    sight: Sight,
    card: CardState['card'],
    work: Work,
    shown: ShownCard,
    next: Paths,
  ) => {
    const own = [...(machine.definitions.entities.get(card.entity)?.fields.keys() ?? [])]
    const paths = [...new Set([...next, ...own.filter((field) => shown.fields[field] !== undefined)])]
    return paths.flatMap((path): readonly FieldView[] => {
      const right = wordOf(machine, sight, card.entity, path)
      if (right === 'hidden') return []
      const isOpen = next.has(path) && isWritable(right, card.entity, path, work)
      return [fieldView(machine, shown, path, isOpen ? 'write' : 'read', next.has(path))]
    })
  }

  const card = async (caller: Caller, id: string) => {
    if (!(await boards.inSight(id, caller.parks))) throw new Fault('card/unknown')
    const sight = await sights.sightOf(caller)
    const { state, machine, ways, buttons } = await processes.waysOf(id, await sights.actorOf(caller), sight.roles)
    const { card: it } = state
    const right = sight.rights.stage(it.pipeline, it.stage)
    if (right === 'hidden') throw new Fault('card/unknown')
    const bare = { ...it, subject: it.subject ?? null, responsible: it.responsible ?? null }
    const asked = state.tasks.filter(({ state: is }) => is === 'open').map((task) => askedBy(machine, task))
    const next = nextFields(machine, state, ways)
    const shown = await shownCard(deps, machine, sight, bare, [...next, ...asked.flatMap(({ show }) => show)])
    const limits = await lists.limits(undefined, [id])
    const tasks = await lists.nearestTasks(undefined, [id])
    const pipeline = machine.pipeline(it.pipeline)
    const stage = machine.stage(it.pipeline, it.stage)
    const startable = [...machine.definitions.processes.values()].filter(
      (process) =>
        process.card.name === it.entity &&
        process.case === pipeline?.case &&
        process.start?.who.some(({ name }) => sight.roles.includes(name)) === true,
    )
    return {
      ...cardItem(
        { ...bare, fields: shown.fields, closedAt: it.closedAt ?? null, parked: it.parked ?? null },
        {
          task: tasks.get(id),
          limitAt: limits.get(id),
          title: shown.title,
          responsibleName: shown.labels.person(bare.responsible),
          labelOf: shown.labels.of,
        },
      ),
      pipelineTitle: pipeline?.title ?? it.pipeline,
      stageTitle: stage?.title ?? it.stage,
      stageHelp: stage?.help ?? null,
      moves: pipeline?.moves ?? 'auto_only',
      tasksNeeded: pipeline?.noCardWithoutTask ?? false,
      work: right === 'write',
      definition: it.definition,
      version: it.version,
      entity: it.entity,
      subject: bare.subject,
      parent: it.parent !== undefined && (await boards.inSight(it.parent, caller.parks)) ? it.parent : null,
      form: formOf(machine, sight, it, right === 'write' ? 'card' : 'look', shown, next),
      ways: ways.map(({ stage: to, title, why }) => {
        const target = machine.stage(it.pipeline, to)
        const needs = [...(target?.type === 'lost' ? [] : (stage?.needOut ?? [])), ...(target?.needIn ?? [])]
        const missing = [...new Set(needs.map(({ name }) => name))].filter((path) => !shown.filled(path))
        return { stage: to, title, type: target?.type ?? ('open' as const), why: [...why], missing }
      }),
      buttons: [...buttons],
      processes: startable.map((process) => ({
        id: process.id,
        title: process.title,
        form: (process.start?.form ?? []).map(({ name }) => name),
      })),
      running: state.runs
        .filter(({ state: is }) => is === 'running')
        .map((run) => ({
          id: run.id,
          process: run.process,
          title: machine.definitions.processes.get(run.process)?.title ?? run.process,
          step: run.step ?? null,
          startedAt: EpochMs.parse(run.startedAt),
          pausedAt: run.paused === undefined ? null : EpochMs.parse(run.paused.at),
        })),
      timers: state.timers.filter(({ state: is }) => is === 'set').map(({ name, dueAt }) => ({ name, dueAt })),
      tasks: state.tasks
        .filter(({ state: is }) => is === 'open')
        .map((task) => taskView(machine, task, { ...it, ...shown }, viewWord(machine, sight, it.entity))),
    }
  }

  /** A card is not put where its maker would not see it. What is of another park is answered like what does not exist. */
  const checkLinks = async ({ parks }: Caller, { fields, ...about }: Parameters<typeof linksOf>[0]): Promise<void> => {
    const named = Object.entries(fields).map(([path, value]) => [path.split('.').at(-1) ?? path, value] as const)
    if (!(await boards.mayPointAt(linksOf({ ...about, fields: Object.fromEntries(named) }), parks)))
      throw new Fault('request/invalid', 'Такой записи нет')
  }

  /** `task`: whoever has the task may fill what it asks for, wherever its card stands. Faults: card/unknown, card/field-closed. */
  const mayWrite = async (caller: Caller, id: string, set: Facts, through: 'card' | 'task' = 'card'): Promise<void> => {
    const brief = await boards.brief(id)
    if (brief === undefined || !(await boards.inSight(id, caller.parks))) throw new Fault('card/unknown')
    const sight = await sights.sightOf(caller)
    const right = sight.rights.stage(brief.pipeline, brief.stage)
    if (right === 'hidden' && through === 'card') throw new Fault('card/unknown')
    if (right === 'read' && through === 'card') throw new Fault('access/forbidden')
    const machine = await processes.machineOf(brief.definition)
    checkWrites(machine, sight, machine.pipeline(brief.pipeline)?.card.name ?? 'deal', set, 'card')
    await checkLinks(caller, { fields: set, entity: '' })
  }

  return {
    card,
    mayWrite,

    create: async (caller: Caller, wish: Wish) => {
      const machine = await sights.active()
      const sight = await sights.sightOf(caller)
      const pipeline = machine.pipeline(wish.pipeline)
      if (pipeline === undefined) throw new Fault('pipeline/unknown')
      if (sight.rights.stage(wish.pipeline, wish.stage ?? pipeline.start.name) !== 'write')
        throw new Fault('access/forbidden')
      checkWrites(machine, sight, pipeline.card.name, wish.fields, 'card')
      await checkLinks(caller, { fields: wish.fields, entity: pipeline.card.name, subject: wish.subject })
      return processes.birth({ ...wish, responsible: `person:${caller.id}` }, await sights.actorOf(caller))
    },

    /** The cards around this one that the caller may see: what it came from, what came of it, what is about the same. */
    around: async (caller: Caller, id: string) => {
      const self = await card(caller, id)
      const family = await lists.family(id, self.parent)
      const relations = new Map<string, string>(family.map((one) => [one.id, one.relation]))
      for (const entity of ['vehicle', 'driver', 'machine', 'client']) {
        const record = entity === self.entity ? self.subject : self.fields[entity]
        if (typeof record !== 'string') continue
        const link = { entity, record }
        const page = { limit: 20, after: undefined, sort: 'createdAt', order: 'desc' } as const
        for (const other of await boards.list({ link, state: 'all', parks: caller.parks }, page))
          if (other.id !== id && !relations.has(other.id)) relations.set(other.id, entity)
      }
      const found = []
      for (const [other, relation] of [...relations].slice(0, 40)) {
        const seen = await card(caller, other).catch((cause: unknown) => {
          if (cause instanceof Fault) return undefined
          throw cause
        })
        if (seen !== undefined) found.push({ relation, card: seen })
      }
      return found
    },

    comment: async (caller: Caller, id: string, text: string): Promise<void> => {
      await card(caller, id)
      await lists.comment({ card: id, text, by: caller.id, name: caller.name, at: now() })
    },
  }
}

type Paths = ReadonlySet<string>

/** Pure. Fields that the next step asks for: to leave, to enter where it may go, and for its open tasks. */
function nextFields(machine: Machine, { card, tasks }: CardState, ways: CardWays['ways']): Paths {
  const names = (needs: readonly { readonly name: string }[] | undefined) => (needs ?? []).map(({ name }) => name)
  const open = tasks.filter(({ state }) => state === 'open')
  return new Set([
    ...names(machine.stage(card.pipeline, card.stage)?.needOut),
    ...ways.flatMap((way) => names(machine.stage(card.pipeline, way.stage)?.needIn)),
    ...open.flatMap((task) => askedBy(machine, task).form),
    ...open.flatMap((task) => askedBy(machine, task).outcomes.flatMap(({ need }) => need)),
  ])
}
