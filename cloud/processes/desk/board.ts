import type { EpochMs } from '#contract/instant.ts'
import type { Facts } from '../../expressions/fact-type.ts'
import type { Caller } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import type { Cell, Sheet } from '../../spreadsheet/sheet.ts'
import type { BoardStore, CardFilter } from '../board-store.ts'
import type { Machine } from '../engine/machine.ts'
import { printFact } from '../engine/print.ts'
import type { CardListStore } from './card-list-store.ts'
import { type CardItem, cardItem } from './card-view.ts'
import type { FocusStore } from './focus-store.ts'
import type { LabelStore } from './label-store.ts'
import { cardTitle, labelsOf } from './labels.ts'
import { pipelineView, turnOf } from './pipeline-view.ts'
import { referenceOf } from './reference.ts'
import { fieldSight, type Sight, type Sights, wordOf } from './sight.ts'

type Deps = {
  readonly now: () => EpochMs
  readonly sights: Sights
  readonly boards: BoardStore
  readonly lists: CardListStore
  readonly labels: LabelStore
  readonly focus: FocusStore
}
/** What narrows a board or a list, as a person chooses it. */
export type BoardQuery = Omit<CardFilter, 'parks' | 'overdueAt'> & { readonly overdue?: 'yes' | undefined }
type Page = Parameters<BoardStore['list']>[1]

/** Fields whose values are few and told apart by people: by these a list may be narrowed. */
const MOST_VALUES = 25

/** Boards and lists over one query. */
export function createBoard({ now, sights, boards, lists, labels, focus }: Deps) {
  const filterOf = (caller: Caller, { overdue, ...query }: BoardQuery): CardFilter => ({
    ...query,
    overdueAt: overdue === undefined ? undefined : now(),
    parks: caller.parks,
  })
  const entityOf = (machine: Machine, pipeline: string | undefined): string =>
    machine.pipeline(pipeline ?? '')?.card.name ?? 'deal'
  const inSight = (sight: Sight, pipeline: string, stage: string): boolean =>
    sight.rights.stage(pipeline, stage) !== 'hidden'

  const cards = async (caller: Caller, query: BoardQuery, page: Page): Promise<CardItem[]> => {
    const machine = await sights.active()
    const sight = await sights.sightOf(caller)
    const found = await boards.list(filterOf(caller, query), page)
    const ids = found.map(({ id }) => id)
    const nearest = await lists.nearestTasks(query.pipeline, ids)
    const limits = await lists.limits(query.pipeline, ids)
    const seen = fieldSight(machine, sight)
    const shown = found
      .filter(({ pipeline, stage }) => inSight(sight, pipeline, stage))
      .map((brief) => {
        const entity = entityOf(machine, brief.pipeline)
        return { ...brief, entity, fields: seen(entity, brief.fields) }
      })
    const named = await labelsOf(labels, machine, sight, shown)
    return shown.map((brief) =>
      cardItem(brief, {
        task: nearest.get(brief.id),
        limitAt: limits.get(brief.id),
        title: cardTitle(brief, named),
        responsibleName: named.person(brief.responsible),
        labelOf: named.of,
      }),
    )
  }

  return {
    cards,

    pipelines: async (caller: Caller) => {
      const machine = await sights.active()
      const sight = await sights.sightOf(caller)
      return Promise.all(
        [...machine.definitions.pipelines.values()].map(async (pipeline) =>
          pipelineView(machine, sight, pipeline, await lists.counts({ pipeline: pipeline.id, parks: caller.parks })),
        ),
      )
    },

    /** How many cards of each stage are chosen, and the one figure that the pipeline is for. */
    counts: async (caller: Caller, query: BoardQuery & { readonly pipeline: string }) => {
      const machine = await sights.active()
      const pipeline = machine.pipeline(query.pipeline)
      if (pipeline === undefined) throw new Fault('pipeline/unknown')
      const sight = await sights.sightOf(caller)
      const rows = await lists.counts(filterOf(caller, query))
      return {
        stages: rows
          .filter(({ stage }) => inSight(sight, query.pipeline, stage))
          .map((row) => ({ ...row, turn: turnOf(machine.stage(pipeline.id, row.stage)?.band, row.count) })),
        focus: (await focus.valueOf(pipeline, now())) ?? null,
      }
    },

    /** What a field that points somewhere may be set to. */
    choices: async (caller: Caller, wish: { readonly field: string; readonly q: string; readonly limit: number }) => {
      const machine = await sights.active()
      const sight = await sights.sightOf(caller)
      const reference = referenceOf(machine, wish.field)
      if (reference.kind === 'person') return labels.peopleOf(reference.role, wish.q, wish.limit)
      // Whoever may not see names of drivers may not leaf through them.
      const named = wordOf(machine, sight, reference.entity, reference.entity === 'vehicle' ? 'plate' : 'name')
      if (named === 'hidden' || named === 'masked') throw new Fault('access/forbidden')
      return labels.recordsLike(reference.entity, wish.q, { parks: caller.parks, limit: wish.limit })
    },

    /** By what a list of this pipeline may be narrowed: people, and values of fields that repeat. */
    facets: async (caller: Caller, pipeline: string) => {
      const machine = await sights.active()
      const sight = await sights.sightOf(caller)
      const entity = entityOf(machine, pipeline)
      const filter: CardFilter = { pipeline, parks: caller.parks }
      const fields = [...(machine.definitions.entities.get(entity)?.fields.values() ?? [])].filter(
        ({ id, type }) =>
          type.of === 'text' && !type.list && ['write', 'read'].includes(wordOf(machine, sight, entity, id)),
      )
      const people = await lists.responsible(filter)
      const named = await labelsOf(
        labels,
        machine,
        sight,
        people.map(({ value }) => ({ entity, subject: null, responsible: value, fields: {} })),
      )
      const values = await lists.values(
        filter,
        fields.map(({ id }) => id),
      )
      return {
        people: people.map((one) => ({ ...one, label: named.person(one.value) ?? one.value })),
        fields: fields.flatMap(({ id, title }) => {
          const own = values.filter(({ field }) => field === id)
          const repeats = own.some(({ count }) => count > 1)
          return own.length === 0 || own.length > MOST_VALUES || !repeats
            ? []
            : [{ field: id, title, values: own.map(({ value, count }) => ({ value, count })) }]
        }),
      }
    },

    /** The list as a sheet: every field that any of these cards has and this caller may see. */
    sheet: async (caller: Caller, query: BoardQuery, page: Page): Promise<Sheet> => {
      const machine = await sights.active()
      const items = await cards(caller, query, page)
      const entity = entityOf(machine, query.pipeline)
      const filled = new Set(items.flatMap(({ fields }) => Object.keys(fields)))
      const fields = [...(machine.definitions.entities.get(entity)?.fields.values() ?? [])].filter(({ id }) =>
        filled.has(id),
      )
      const stageTitle = ({ pipeline, stage }: CardItem): string => machine.stage(pipeline, stage)?.title ?? stage
      return {
        name: 'Карточки',
        titles: [
          '№',
          'Название',
          'Этап',
          'На этапе с',
          'Создана',
          'Ответственный',
          ...fields.map(({ title }) => title),
        ],
        rows: items.map((item) => {
          const facts: Facts = Object.fromEntries(
            Object.entries(item.fields).map(([name, value]) => [name, plain(value)]),
          )
          return [
            item.no,
            item.title ?? '',
            stageTitle(item),
            printFact(item.enteredAt, 'time'),
            printFact(item.createdAt, 'time'),
            item.responsibleName ?? '',
            ...fields.map(({ id, type }): Cell => {
              const fact = facts[id]
              if (fact === undefined || fact === null) return null
              if (item.labels[id] !== undefined) return item.labels[id]
              if (type.list) return Array.isArray(fact) ? fact.join(', ') : String(fact)
              if (type.of === 'money' && typeof fact === 'number') return { kopecks: fact }
              if (typeof fact === 'number' && ['int', 'number'].includes(type.of)) return fact
              return printFact(fact, type.of)
            }),
          ]
        }),
      }
    },
  }
}

const plain = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : Array.isArray(value)
      ? value.map(String)
      : null
