import type { CardTaskRow } from '../../postgres/process-tables.ts'
import type { Task, TaskKind, TaskState } from '../engine/card.ts'
import { factsFrom } from '../stored-facts.ts'

const KINDS: readonly TaskKind[] = ['task', 'ask', 'acknowledge', 'take']
const STATES: readonly TaskState[] = ['open', 'held', 'done', 'cancelled']
type TaskColumns = Omit<CardTaskRow, 'watchers' | 'answer'> & {
  readonly watchers: readonly string[]
  readonly answer: Record<string, unknown> | null
}

/** Pure. A task as the engine sees it. */
export const taskOf = (row: TaskColumns): Task => ({
  id: row.id,
  kind: KINDS.find((kind) => kind === row.kind) ?? 'task',
  template: row.template,
  title: row.title,
  assignee: row.assignee,
  watchers: row.watchers,
  priority: row.priority,
  openFrom: row.openFrom,
  dueAt: row.dueAt,
  createdAt: row.createdAt,
  state: STATES.find((state) => state === row.state) ?? 'open',
  ofLimit: row.ofLimit,
  run: row.run ?? undefined,
  step: row.step ?? undefined,
  about: row.about ?? undefined,
  outcome: row.outcome ?? undefined,
  answer: row.answer === null ? undefined : factsFrom(row.answer),
  comment: row.comment ?? undefined,
  closedAt: row.closedAt ?? undefined,
  closedBy: row.closedBy ?? undefined,
})
