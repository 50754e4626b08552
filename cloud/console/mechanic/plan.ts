import type { FieldValue, FieldView, Outcome, Task, Values } from '../api/process.ts'
import { isFilled } from '../fields/field-words.ts'

/** What follows a task that is closed without a network: known beforehand, so that work goes on. */
export type Template = {
  readonly title: string
  readonly help: string | null
  readonly form: readonly FieldView[]
  readonly outcomes: readonly Outcome[]
}
export type Pack = {
  readonly tasks: readonly Task[]
  /** `template.outcome` → the template of the task that comes next. */
  readonly follows: Readonly<Record<string, string>>
  readonly templates: Readonly<Record<string, Template>>
}

type Entry = {
  /** Order of pressing; given by the store. */
  readonly seq: number
  /** Sent with every try: the server does the same thing once. */
  readonly key: string
  readonly account: string
  readonly card: string
  readonly cardNo: number
  readonly title: string
  /** When it was pressed, by the server's clock. */
  readonly at: number
  readonly state: 'waiting' | 'sent' | 'refused'
  /** The sentence of the server; of a refused one. */
  readonly why: string | null
  readonly sentAt: number | null
}
export type Photo = Entry & {
  readonly kind: 'photo'
  readonly field: string
  readonly name: string
  readonly type: string
  /** Empty once it is sent. */
  readonly bytes: ArrayBuffer
  /** The server's id of it; null until then. */
  readonly file: string | null
}
export type Close = Entry & {
  readonly kind: 'close'
  /** Null while it is known only what task this will be: it is opened by an entry before. */
  readonly task: string | null
  readonly template: string
  readonly outcome: string
  readonly outcomeTitle: string
  readonly set: Values
  readonly answer: Values
  /** Field → photos of this queue that belong into it. */
  readonly photos: Readonly<
    Record<string, { readonly list: boolean; readonly have: readonly string[]; readonly keys: readonly string[] }>
  >
}
export type Item = Photo | Close

/** A task as it stands on this phone. */
export type Standing = {
  readonly key: string
  /** Null: it will be opened by what waits to be sent. */
  readonly id: string | null
  readonly card: string
  readonly cardNo: number
  readonly template: string
  readonly title: string
  readonly help: string | null
  readonly since: number
  readonly dueAt: number | null
  readonly form: readonly FieldView[]
  readonly show: readonly FieldView[]
  readonly outcomes: readonly Outcome[]
}

/**
 * Pure. Tasks that can be worked on now: those of the server but those that were closed here, and those that what
 * waits here will open. What was refused gives its task back.
 */
export function standing(pack: Pack, items: readonly Item[]): readonly Standing[] {
  const closes = items.filter((item): item is Close => item.kind === 'close' && item.state !== 'refused')
  const closed = new Set(closes.flatMap(({ task }) => task ?? []))
  const known: readonly Standing[] = pack.tasks
    .filter(({ id }) => !closed.has(id))
    .map((task) => ({
      key: task.id,
      id: task.id,
      card: task.card,
      cardNo: task.cardNo,
      template: task.template,
      title: task.title,
      help: task.help,
      since: Date.parse(task.openFrom),
      dueAt: Date.parse(task.dueAt),
      form: task.form,
      show: task.show,
      outcomes: task.outcomes,
    }))
  const ahead = [...Map.groupBy(closes, ({ card }) => card)].flatMap(([card, own]): readonly Standing[] => {
    const last = own.toSorted((a, b) => a.seq - b.seq).at(-1)
    if (last === undefined || last.state !== 'waiting') return []
    const template = pack.follows[`${last.template}.${last.outcome}`]
    const next = template === undefined ? undefined : pack.templates[template]
    if (template === undefined || next === undefined) return []
    return [
      {
        ...next,
        key: `${card}:${last.seq}`,
        id: null,
        card,
        cardNo: last.cardNo,
        template,
        since: last.at,
        dueAt: null,
        show: [],
      },
    ]
  })
  return [...known, ...ahead]
}

/** Pure. Titles of what an outcome still needs: fields, photos and answers; none means that it may be chosen. */
export function missing(
  task: Pick<Standing, 'form'>,
  outcome: Outcome,
  set: Values,
  answer: Values,
  photos: ReadonlyMap<string, number>,
  named: (answer: string) => string = (name) => name,
): readonly string[] {
  const answered = (field: FieldView): FieldValue => set[field.field] ?? field.value
  const fields = outcome.need.flatMap((name) => {
    const field = task.form.find((one) => one.field === name)
    if (field === undefined) return [name]
    const filled =
      field.type === 'file' ? (photos.get(name) ?? 0) > 0 || isFilled(field.value) : isFilled(answered(field))
    return filled ? [] : [field.title]
  })
  const asks = outcome.ask.filter(({ name }) => name !== 'at' && !isFilled(answer[name])).map(({ name }) => named(name))
  return [...fields, ...asks]
}
