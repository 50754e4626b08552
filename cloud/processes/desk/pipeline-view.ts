import { z } from 'zod'
import type { Machine } from '../engine/machine.ts'
import type { EntityField } from '../notation/catalogue.ts'
import type { Pipeline } from '../notation/pipeline.ts'
import { referenceOf } from './reference.ts'
import { isWritable, type Sight, wordOf } from './sight.ts'

const Words = z.array(z.string())
const Nullable = z.string().nullable()
/** A field as it is described, with what this caller may do with it. */
export const FieldKind = z.object({
  field: z.string(),
  title: z.string(),
  type: z.string(),
  list: z.boolean(),
  access: z.enum(['write', 'read']),
  /** For `ref`: the entity it points at, or `person`. */
  refers: Nullable,
  /** The only values it takes; empty: any. */
  codes: z.array(z.object({ value: z.string(), title: z.string() })),
})
const Stage = z.object({
  id: z.string(),
  title: z.string(),
  help: Nullable,
  type: z.enum(['open', 'won', 'lost']),
  colour: Nullable,
  next: Words,
  needIn: Words,
  /** Whether this caller may work on the cards that stand here. */
  work: z.boolean(),
  /** The time allowed here, as the file says it. */
  limit: Nullable,
  count: z.int(),
  total: z.number(),
  oldestEnteredAt: z.number().nullable(),
  band: z.object({ low: z.number().nullable(), high: z.number().nullable() }).nullable(),
  turn: z.enum(['low', 'high']).nullable(),
})
export const PipelineView = z.object({
  id: z.string(),
  title: z.string(),
  case: Nullable,
  folder: Nullable,
  card: z.string(),
  moves: z.enum(['free', 'guarded', 'auto_only']),
  /** No card may stand here without a task. */
  tasksNeeded: z.boolean(),
  views: Words,
  start: z.string(),
  focus: z.object({ metric: z.string(), title: z.string(), from: Nullable, to: Nullable }).nullable(),
  /** Fields of its cards that this caller may see. */
  fields: z.array(FieldKind),
  stages: z.array(Stage),
})
export type PipelineView = z.infer<typeof PipelineView>

export type StageCount = {
  readonly stage: string
  readonly count: number
  readonly total: number
  readonly oldest: number | null
}

/** Pure. Which way a count has left its band. */
export function turnOf(band: Pipeline['stages'][number]['band'], count: number): 'low' | 'high' | null {
  if (band?.low !== undefined && count < band.low) return 'low'
  return band?.high !== undefined && count > band.high ? 'high' : null
}

/** Pure. A pipeline with its stages as this caller may see them. */
export function pipelineView(
  machine: Machine,
  sight: Sight,
  pipeline: Pipeline,
  counted: readonly StageCount[],
): PipelineView {
  const counts = new Map(counted.map((row) => [row.stage, row]))
  const entity = pipeline.card.name
  const { focus } = pipeline
  return {
    id: pipeline.id,
    title: pipeline.title,
    case: pipeline.case ?? null,
    folder: pipeline.folder ?? null,
    card: entity,
    moves: pipeline.moves,
    tasksNeeded: pipeline.noCardWithoutTask,
    views: [...pipeline.views],
    start: pipeline.start.name,
    focus:
      focus === undefined
        ? null
        : { metric: focus.metric, title: focus.title, from: focus.from?.name ?? null, to: focus.to?.name ?? null },
    fields: [...(machine.definitions.entities.get(entity)?.fields.values() ?? [])].flatMap((field) => {
      const { id, title, type } = field
      const right = wordOf(machine, sight, entity, id)
      if (right === 'hidden') return []
      const access = isWritable(right, entity, id, 'card') ? ('write' as const) : ('read' as const)
      const refers = refersTo(machine, id, type.of)
      return [{ field: id, title, type: type.of, list: type.list, access, refers, codes: codesOf(field) }]
    }),
    stages: pipeline.stages
      .filter(({ id }) => sight.rights.stage(pipeline.id, id) !== 'hidden')
      .map((stage) => {
        const row = counts.get(stage.id)
        const limit = stage.limit?.for
        return {
          id: stage.id,
          title: stage.title,
          help: stage.help ?? null,
          type: stage.type,
          colour: pipeline.colours.get(stage.id) ?? null,
          next: stage.next.map(({ name }) => name),
          needIn: stage.needIn.map(({ name }) => name),
          work: sight.rights.stage(pipeline.id, stage.id) === 'write',
          limit: limit !== undefined && 'text' in limit ? limit.text : null,
          count: row?.count ?? 0,
          total: row?.total ?? 0,
          oldestEnteredAt: row?.oldest ?? null,
          band: stage.band === undefined ? null : { low: stage.band.low ?? null, high: stage.band.high ?? null },
          turn: turnOf(stage.band, row?.count ?? 0),
        }
      }),
  }
}

/** Pure. The only values of a field, each by its name. */
export const codesOf = (field: Pick<EntityField, 'codes'> | undefined): { value: string; title: string }[] =>
  [...(field?.codes ?? [])].map(([value, title]) => ({ value, title }))

/** Pure. What a field of type `ref` points at; null for others. */
export function refersTo(machine: Machine, path: string, type: string): string | null {
  if (type !== 'ref') return null
  const reference = referenceOf(machine, path)
  return reference.kind === 'person' ? 'person' : reference.entity
}
