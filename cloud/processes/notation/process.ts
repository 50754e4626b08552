import { type Action, action, actions } from './action.ts'
import { type Duration, duration } from './duration.ts'
import type { Position } from './problem.ts'
import { type NamedRead, readBlock } from './read.ts'
import { flag, list, map, may, must, type Named, name, oneOf, type Read, shape, THEN, text } from './reader.ts'
import type { Node } from './source.ts'
import { type Expr, expr, type Value, value, type Who, who } from './value.ts'

type At = { readonly pos: Position }
export type Option = At & {
  readonly id: string
  readonly title: string
  readonly comment: 'required' | 'optional' | undefined
  readonly goto: Named | undefined
}
export type PickFrom = At & { readonly role: Named; readonly freeAt: Value | undefined }
export type BranchLine = At & {
  /** Absent on the `else` line. */
  readonly if: Expr | undefined
  readonly do: readonly Action[]
  readonly goto: Named | undefined
}
export type Ask = At & {
  readonly who: Who
  readonly title: string | undefined
  readonly form: readonly Named[]
  readonly show: readonly Named[]
  readonly options: readonly Option[]
  readonly require: 'all' | undefined
  readonly after: Expr | undefined
  readonly due: Duration | undefined
  readonly pickFrom: PickFrom | undefined
}
export type Acknowledge = At & {
  readonly who: Who
  readonly message: Named
  readonly button: string | undefined
  readonly form: readonly Named[]
  readonly wait: Duration | undefined
  /** What happens when it is over: `then` in the file. */
  readonly late: readonly Action[]
}
export type FirstResponse = At & {
  readonly of: Who
  readonly message: Named
  readonly wait: Duration | undefined
  /** What happens when it is over: `then` in the file. */
  readonly late: readonly Action[]
  readonly repeat: Duration | undefined
}
export type Wait = At & {
  readonly event: readonly Named[]
  readonly for: Duration | undefined
  readonly until: Expr | undefined
  readonly max: Duration | undefined
  /** What happens when it is over: `then` in the file. */
  readonly late: readonly Action[]
}
export type Remind = At & {
  readonly who: readonly Who[]
  readonly before: Expr | undefined
  readonly after: Expr | undefined
  readonly by: Duration
  readonly message: Named
  readonly endsWith: Named | undefined
}
export type StepBody =
  | { readonly kind: 'do'; readonly do: readonly Action[] }
  | { readonly kind: 'branch'; readonly lines: readonly BranchLine[] }
  | { readonly kind: 'ask'; readonly ask: Ask }
  | { readonly kind: 'acknowledge'; readonly acknowledge: Acknowledge }
  | { readonly kind: 'first_response'; readonly firstResponse: FirstResponse }
  | { readonly kind: 'task'; readonly task: Extract<Action, { kind: 'task' }> }
  | { readonly kind: 'call'; readonly call: Extract<Action, { kind: 'call' }>; readonly max: Duration | undefined }
  | { readonly kind: 'wait'; readonly wait: Wait }
  | { readonly kind: 'remind'; readonly remind: Remind }
export type Goto = { readonly step: Named } | { readonly byOption: ReadonlyMap<string, Named> }
export type Step = At & {
  readonly id: string
  readonly as: string | undefined
  readonly goto: Goto | undefined
  readonly must: boolean
  readonly body: StepBody
}
export type Process = At & {
  readonly id: string
  readonly title: string
  readonly case: string | undefined
  readonly folder: string | undefined
  readonly card: Named
  readonly read: readonly NamedRead[]
  readonly start: ProcessStart | undefined
  readonly steps: readonly Step[]
}
/** Who starts it by hand, with which first data; `button` puts a button on the card. */
export type ProcessStart = At & {
  readonly button: boolean | undefined
  readonly who: readonly Named[]
  readonly form: readonly Named[]
}

const path = name('поле')
const option = shape(
  {
    id: must(text('id')),
    title: must(text('title')),
    comment: may(oneOf(['required', 'optional'], 'comment')),
    goto: may(name('шаг')),
  },
  'вариант ответа',
)
const pickFrom: Read<PickFrom> = (node, report) => {
  const read = shape({ role: must(name('роль')), free_at: may(value('free_at')) }, 'pick_from')(node, report)
  return read && { role: read.role, freeAt: read.free_at, pos: read.pos }
}

export { pickFrom }

const branchLine: Read<BranchLine> = (node, report) => {
  const read = shape(
    { if: may(expr('if')), else: may(flag('else')), do: may(actions), goto: may(name('шаг')) },
    'ветка',
  )(node, report)
  if (read === undefined) return undefined
  if ((read.if === undefined) !== (read.else === true))
    report(node.at, 2, 'У ветки должно быть условие if или else: true', 'Оставьте одно из них')
  return { pos: read.pos, if: read.if, do: read.do ?? [], goto: read.goto }
}
const ask: Read<Ask> = (node, report) => {
  const read = shape(
    {
      who: must(who),
      title: may(text('title')),
      form: may(list(path)),
      show: may(list(path)),
      options: may(list(option)),
      require: may(oneOf(['all'], 'require')),
      after: may(expr('after')),
      due: may(duration('due')),
      pick_from: may(pickFrom),
    },
    'шаг ask',
  )(node, report)
  if (read === undefined) return undefined
  const { pick_from, form, show, options, ...rest } = read
  return { ...rest, form: form ?? [], show: show ?? [], options: options ?? [], pickFrom: pick_from }
}
const acknowledge: Read<Acknowledge> = (node, report) => {
  const read = shape(
    {
      who: must(who),
      message: must(name('сообщение')),
      button: may(text('button')),
      form: may(list(path)),
      wait: may(duration('wait')),
      [THEN]: may(actions),
    },
    'шаг acknowledge',
  )(node, report)
  return read && { ...read, form: read.form ?? [], late: read.then ?? [] }
}
const firstResponse: Read<FirstResponse> = (node, report) => {
  const read = shape(
    {
      of: must(who),
      message: must(name('сообщение')),
      wait: may(duration('wait')),
      [THEN]: may(actions),
      repeat: may(duration('repeat')),
    },
    'шаг first_response',
  )(node, report)
  return read && { ...read, late: read.then ?? [] }
}
const wait: Read<Wait> = (node, report) => {
  const read = shape(
    {
      event: may(list(name('событие'))),
      for: may(duration('for')),
      until: may(expr('until')),
      max: may(duration('max')),
      [THEN]: may(actions),
    },
    'шаг wait',
  )(node, report)
  if (read === undefined) return undefined
  if (read.event === undefined && read.for === undefined && read.until === undefined)
    report(node.at, 2, 'Непонятно, чего ждать', 'Добавьте event, for или until')
  return { ...read, event: read.event ?? [], late: read.then ?? [] }
}
const remind: Read<Remind> = (node, report) => {
  const read = shape(
    {
      who: must(list(who)),
      before: may(expr('before')),
      after: may(expr('after')),
      by: must(duration('by')),
      message: must(name('сообщение')),
      ends_with: may(name('шаг')),
    },
    'шаг remind',
  )(node, report)
  if (read === undefined) return undefined
  if ((read.before === undefined) === (read.after === undefined))
    report(node.at, 2, 'Напоминание бывает до срока или после', 'Оставьте before или after')
  const { ends_with, ...rest } = read
  return { ...rest, endsWith: ends_with }
}

const single =
  (key: 'number' | 'make_doc' | 'registry' | 'set' | 'call' | 'task'): Read<Action> =>
  (node, report) =>
    action({ kind: 'map', at: node.at, entries: [{ key, keyAt: node.at, value: node }] }, report)

const callStep: Read<StepBody> = (node, report) => {
  const entries = node.kind === 'map' ? node.entries : []
  const longest = entries.find(({ key }) => key === 'max')
  const rest: Node = node.kind === 'map' ? { ...node, entries: entries.filter((entry) => entry !== longest) } : node
  const call = single('call')(rest, report)
  const max = longest === undefined ? undefined : duration('max')(longest.value, report)
  return call?.kind === 'call' ? { kind: 'call', call, max } : undefined
}
const doStep =
  (key: 'number' | 'make_doc' | 'registry' | 'set'): Read<StepBody> =>
  (node, report) => {
    const one = single(key)(node, report)
    return one && { kind: 'do', do: [one] }
  }
const BODIES: Readonly<Record<string, Read<StepBody>>> = {
  do: (node, report) => {
    const read = actions(node, report)
    return read && { kind: 'do', do: read }
  },
  branch: (node, report) => {
    const lines = list(branchLine)(node, report)
    return lines && { kind: 'branch', lines }
  },
  ask: (node, report) => {
    const read = ask(node, report)
    return read && { kind: 'ask', ask: read }
  },
  acknowledge: (node, report) => {
    const read = acknowledge(node, report)
    return read && { kind: 'acknowledge', acknowledge: read }
  },
  first_response: (node, report) => {
    const read = firstResponse(node, report)
    return read && { kind: 'first_response', firstResponse: read }
  },
  task: (node, report) => {
    const read = single('task')(node, report)
    return read?.kind === 'task' ? { kind: 'task', task: read } : undefined
  },
  wait: (node, report) => {
    const read = wait(node, report)
    return read && { kind: 'wait', wait: read }
  },
  remind: (node, report) => {
    const read = remind(node, report)
    return read && { kind: 'remind', remind: read }
  },
  call: callStep,
  number: doStep('number'),
  make_doc: doStep('make_doc'),
  registry: doStep('registry'),
  set: doStep('set'),
}
export const STEP_KINDS: readonly string[] = Object.keys(BODIES)

const goto: Read<Goto> = (node, report) => {
  if (node.kind === 'scalar') {
    const step = name('шаг')(node, report)
    return step && { step }
  }
  const lines = map(name('шаг'), 'goto')(node, report)
  return lines && { byOption: new Map(lines.map((line) => [line.name, line.value])) }
}

const STEP_KEYS = ['id', 'as', 'goto', 'must', ...STEP_KINDS]
const step: Read<Step> = (node, report) => {
  const entries = node.kind === 'map' ? node.entries : []
  const bodies = entries.filter(({ key }) => STEP_KINDS.includes(key))
  for (const { key, keyAt } of entries)
    if (!STEP_KEYS.includes(key)) report(keyAt, 2, `Неизвестный ключ «${key}» (шаг)`, `Бывают: ${STEP_KEYS.join(', ')}`)
  const [body] = bodies
  if (body === undefined || bodies.length > 1) {
    report(node.at, 2, 'У шага должно быть ровно одно дело', `Одно из: ${STEP_KINDS.join(', ')}`)
    return undefined
  }
  const frame = shape({ id: must(text('id')), as: may(text('as')), goto: may(goto), must: may(flag('must')) }, 'шаг')(
    { kind: 'map', at: node.at, entries: entries.filter(({ key }) => ['id', 'as', 'goto', 'must'].includes(key)) },
    report,
  )
  const read = BODIES[body.key]?.(body.value, report)
  return frame && read && { ...frame, must: frame.must ?? false, body: read }
}

const start: Read<ProcessStart> = (node, report) => {
  const read = shape(
    { button: may(flag('button')), who: must(list(name('роль'))), form: may(list(path)) },
    'start процесса',
  )(node, report)
  return read && { ...read, form: read.form ?? [] }
}

export const process: Read<Process> = (node, report) => {
  const read = shape(
    {
      kind: must(text('kind')),
      id: must(text('id')),
      title: must(text('title')),
      case: may(text('case')),
      folder: may(text('folder')),
      card: must(name('карточка')),
      read: may(readBlock),
      start: may(start),
      steps: must(list(step)),
    },
    'процесс',
  )(node, report)
  if (read === undefined) return undefined
  const { kind: _kind, ...rest } = read
  return { ...rest, read: read.read ?? [] }
}
