import { z } from 'zod'
import { EpochMs, Instant } from '#contract/instant.ts'
import type { Fact, Facts } from '../../expressions/fact-type.ts'
import type { CardBrief } from '../board-store.ts'
import type { Task } from '../engine/card.ts'
import type { Machine } from '../engine/machine.ts'
import { codesOf, refersTo } from './pipeline-view.ts'

/** Values travel as they are kept: times as milliseconds since 1970, money in kopecks. */
export const FactValue: z.ZodType<unknown> = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.array(z.union([z.string(), z.number()])),
  z.null(),
])
export const Values = z.record(z.string().max(60), FactValue)

export const CardItem = z.object({
  id: z.uuid(),
  no: z.int(),
  pipeline: z.string(),
  stage: z.string(),
  enteredAt: Instant,
  createdAt: Instant,
  closedAt: Instant.nullable(),
  responsible: z.string().nullable(),
  parked: z.string().nullable(),
  fields: Values,
  nextDueAt: Instant.nullable(),
  openTasks: z.int(),
  /** Who or what it is about; null when nothing says it. */
  title: z.string().nullable(),
  responsibleName: z.string().nullable(),
  /** When it has stood, or will have stood, on its stage for as long as it may. */
  limitAt: Instant.nullable(),
  /** Names of what its fields point at, by field. */
  labels: z.record(z.string(), z.string()),
})
export type CardItem = z.infer<typeof CardItem>
export const FieldView = z.object({
  field: z.string(),
  title: z.string(),
  type: z.string(),
  list: z.boolean(),
  value: FactValue,
  access: z.enum(['write', 'read']),
  /** Asked for by the next step: the only ones that a person is shown open. */
  next: z.boolean(),
  /** For `ref`: the entity it points at, or `person`; what the value is called there. */
  refers: z.string().nullable(),
  label: z.string().nullable(),
  /** The only values it takes; empty: any. */
  codes: z.array(z.object({ value: z.string(), title: z.string() })),
})
export const TaskView = z.object({
  id: z.uuid(),
  card: z.uuid(),
  cardNo: z.int(),
  cardTitle: z.string().nullable(),
  pipeline: z.string(),
  pipelineTitle: z.string(),
  stageTitle: z.string(),
  kind: z.enum(['task', 'ask', 'acknowledge', 'take']),
  template: z.string(),
  title: z.string(),
  help: z.string().nullable(),
  assignee: z.string(),
  watchers: z.array(z.string()),
  priority: z.int(),
  openFrom: Instant,
  dueAt: Instant,
  offline: z.boolean(),
  form: z.array(FieldView),
  show: z.array(FieldView),
  outcomes: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      need: z.array(z.string()),
      ask: z.array(z.object({ name: z.string(), type: z.string() })),
      comment: z.enum(['required', 'optional']).nullable(),
    }),
  ),
})
export type TaskView = z.infer<typeof TaskView>
export type FieldView = z.infer<typeof FieldView>

const at = (ms: number): EpochMs => EpochMs.parse(ms)

/** What stands beside a card. */
export type Beside = {
  readonly task: { readonly dueAt: number; readonly count: number } | undefined
  readonly limitAt: number | undefined
  readonly title: string | null
  readonly responsibleName: string | null
  readonly labelOf: (field: string, value: unknown) => string | undefined
}

/** Pure. A card of a board or a list, fields as the caller may see them. */
export function cardItem(brief: CardBrief, { task, limitAt, title, responsibleName, labelOf }: Beside): CardItem {
  return {
    id: brief.id,
    no: brief.no,
    pipeline: brief.pipeline,
    stage: brief.stage,
    enteredAt: at(brief.enteredAt),
    createdAt: at(brief.createdAt),
    closedAt: brief.closedAt === null ? null : at(brief.closedAt),
    responsible: brief.responsible,
    parked: brief.parked,
    fields: { ...brief.fields },
    nextDueAt: task === undefined ? null : at(task.dueAt),
    openTasks: task?.count ?? 0,
    title,
    responsibleName,
    limitAt: limitAt === undefined ? null : at(limitAt),
    labels: labelsIn(brief.fields, labelOf),
  }
}

function labelsIn(fields: Facts, labelOf: Beside['labelOf']): Record<string, string> {
  const labels: [string, string][] = []
  for (const field of Object.keys(fields)) {
    const label = labelOf(field, fields[field])
    if (label !== undefined) labels.push([field, label])
  }
  return Object.fromEntries(labels)
}

/** A card as its fields are shown: its own, and those of the records it points at. */
export type Shown = {
  readonly entity: string
  readonly fields: Facts
  /** Fields of linked records by entity, as the caller may see them. */
  readonly linked?: Readonly<Record<string, Facts>> | undefined
  readonly labelOf?: ((field: string, value: unknown) => string | undefined) | undefined
}

/** Pure. */
export function fieldView(
  machine: Machine,
  { entity, fields: facts, linked, labelOf }: Shown,
  path: string,
  word: 'write' | 'read',
  next: boolean,
): FieldView {
  const [first = '', second] = path.split('.')
  const of = second === undefined ? entity : first
  const field = second ?? first
  const found = machine.definitions.entities.get(of)?.fields.get(field)
  const value: Fact = of === entity ? facts[field] : linked?.[of]?.[field]
  return {
    field: path,
    title: found?.title ?? machine.definitions.entities.get(field)?.title ?? path,
    type: found?.type.of ?? 'ref',
    list: found?.type.list ?? false,
    value: value ?? null,
    access: word,
    next,
    refers: refersTo(machine, path, found?.type.of ?? 'ref'),
    label: labelOf?.(field, value) ?? null,
    codes: codesOf(found),
  }
}

/** What a task asks for: of its template, or of the step of the process that asks. */
type Asked = {
  readonly help: string | null
  readonly offline: boolean
  readonly form: readonly string[]
  readonly show: readonly string[]
  readonly outcomes: TaskView['outcomes']
}

/** Pure. */
export function askedBy(machine: Machine, task: Pick<Task, 'kind' | 'template'>): Asked {
  const { definitions } = machine
  const names = (items: readonly { readonly name: string }[]): readonly string[] => items.map(({ name }) => name)
  if (task.kind === 'task') {
    const template = machine.template(task.template)
    return {
      help: template?.help ?? null,
      offline: template?.offline ?? false,
      form: names(template?.form ?? []),
      show: names(template?.show ?? []),
      outcomes: (template?.outcomes ?? []).map(({ id, title, need, ask }) => ({
        id,
        title,
        need: need.map(({ name }) => name),
        ask: [...ask].map(([name, { of, list }]) => ({ name, type: list ? `list<${of}>` : of })),
        comment: null,
      })),
    }
  }
  const [process = '', step = ''] = task.template.split('.')
  const body = definitions.processes.get(process)?.steps.find(({ id }) => id === step)?.body
  const only = (id: string, title: string, need: readonly string[]): TaskView['outcomes'] => [
    { id, title, need: [...need], ask: [], comment: null },
  ]
  if (body?.kind === 'ask') {
    const form = names(body.ask.form)
    const outcomes = body.ask.options.map(({ id, title, comment }) => ({
      id,
      title,
      need: body.ask.require === 'all' ? [...form] : [],
      ask: [],
      comment: comment ?? null,
    }))
    return {
      help: body.ask.title ?? null,
      offline: false,
      form,
      show: names(body.ask.show),
      outcomes: outcomes.length > 0 ? outcomes : only('done', 'Готово', form),
    }
  }
  if (body?.kind === 'acknowledge') {
    const form = names(body.acknowledge.form)
    return {
      help: null,
      offline: false,
      form,
      show: [],
      outcomes: only('done', body.acknowledge.button ?? 'Ознакомлен', form),
    }
  }
  return { help: null, offline: false, form: [], show: [], outcomes: only('taken', 'Беру', []) }
}

/** Pure. */
export function taskView(
  machine: Machine,
  task: Task,
  card: {
    readonly id: string
    readonly no: number
    readonly pipeline: string
    readonly stage: string
    readonly title: string | null
  } & Shown,
  word: (path: string) => 'write' | 'read' | 'hidden',
): TaskView {
  const asked = askedBy(machine, task)
  const fields = (paths: readonly string[], next: boolean) =>
    paths.flatMap((path) => {
      const right = word(path)
      return right === 'hidden' || path === 'last_comment' ? [] : [fieldView(machine, card, path, right, next)]
    })
  const needed = asked.outcomes.flatMap(({ need }) => need)
  return {
    id: task.id,
    card: card.id,
    cardNo: card.no,
    cardTitle: card.title,
    pipeline: card.pipeline,
    pipelineTitle: machine.pipeline(card.pipeline)?.title ?? card.pipeline,
    stageTitle: machine.stage(card.pipeline, card.stage)?.title ?? card.stage,
    kind: task.kind,
    template: task.template,
    title: task.title,
    help: asked.help,
    assignee: task.assignee,
    watchers: [...task.watchers],
    priority: task.priority,
    openFrom: at(task.openFrom),
    dueAt: at(task.dueAt),
    offline: asked.offline,
    form: fields([...new Set([...asked.form, ...needed])], true),
    show: fields(asked.show, false),
    outcomes: asked.outcomes,
  }
}
