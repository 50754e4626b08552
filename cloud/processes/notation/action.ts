import { type Duration, duration } from './duration.ts'
import type { Position, Report } from './problem.ts'
import { flag, integer, list, may, must, type Named, name, nearest, oneOf, type Read, shape } from './reader.ts'
import type { Node } from './source.ts'
import { type Assignment, assignments, type Expr, expr, type Value, value, type Who, who } from './value.ts'

export const HOLD_REASONS = ['zone', 'balance', 'inspection', 'papers', 'manual', 'theft'] as const
export type HoldReason = (typeof HOLD_REASONS)[number]
export const CHANNELS = ['max', 'sms', 'call', 'email', 'whatsapp', 'telegram'] as const
export type Channel = (typeof CHANNELS)[number]

type At = { readonly pos: Position }
export type TaskAction = At & {
  readonly kind: 'task'
  readonly use: Named
  /** Name of a read: the task is opened on that card. */
  readonly card: Named | undefined
  readonly to: Who | undefined
  readonly at: Expr | undefined
  readonly delay: Duration | undefined
  readonly dueAt: Expr | undefined
  readonly max: number | undefined
  readonly onMax: readonly Action[]
  readonly watchers: readonly Who[]
  readonly oneOpen: boolean
}
export type MoveAction = At & {
  readonly kind: 'move'
  readonly stage: Named
  readonly pipeline: Named | undefined
  readonly set: readonly Assignment[]
}
export type BirthAction = At & {
  readonly kind: 'spawn' | 'create'
  readonly pipeline: Named
  readonly stage: Named
  readonly link: readonly Named[]
  readonly set: readonly Assignment[]
  readonly owner: Who | undefined
  readonly at: Expr | undefined
  readonly unlessOpen: readonly Assignment[]
}
export type SendAction = At & {
  readonly kind: 'send'
  readonly message: Named
  readonly to: Who
  readonly via: readonly Channel[]
  readonly attach: readonly Named[]
}
export type HoldAction = At & {
  readonly kind: 'hold'
  readonly place: HoldReason | undefined
  readonly when: 'stationary' | undefined
  readonly lift: HoldReason | undefined
  readonly key: Value | undefined
}
/** The eighteen things that a definition can do. */
export type Action =
  | TaskAction
  | MoveAction
  | BirthAction
  | SendAction
  | HoldAction
  | (At & { readonly kind: 'start'; readonly process: Named })
  | (At & { readonly kind: 'make_doc'; readonly document: Named })
  | (At & { readonly kind: 'number'; readonly series: Named; readonly field: Named })
  | (At & { readonly kind: 'telephony'; readonly transfer: Who | undefined; readonly say: Named | undefined })
  | (At & { readonly kind: 'set'; readonly set: readonly Assignment[] })
  | (At & { readonly kind: 'emit'; readonly event: Named })
  | (At & {
      readonly kind: 'registry'
      readonly entity: Named
      readonly key: Value | undefined
      readonly set: readonly Assignment[]
      readonly append: readonly Assignment[]
    })
  | (At & {
      readonly kind: 'book'
      readonly resource: Named
      readonly at: Expr
      readonly for: Duration | undefined
      readonly who: Expr | undefined
    })
  | (At & { readonly kind: 'screen'; readonly open: Named; readonly to: Who })
  | (At & { readonly kind: 'grant'; readonly permit: Named; readonly of: Named; readonly until: Expr })
  | (At & {
      readonly kind: 'add_payment'
      readonly match: readonly Assignment[]
      readonly amount: Value
      readonly key: Value
      readonly fill: readonly Named[]
    })
  | (At & { readonly kind: 'call'; readonly port: Named; readonly method: Named; readonly args: readonly Assignment[] })

export type ActionKind = Action['kind']

/** A bare name, or a map with more. */
const bareOr =
  <T>(bare: (named: Named) => T, whole: Read<T>, what: string): Read<T> =>
  (node, report) => {
    if (node.kind !== 'scalar') return whole(node, report)
    const named = name(what)(node, report)
    return named === undefined ? undefined : bare(named)
  }

const mapped =
  <A, B>(read: Read<A>, change: (value: A) => B): Read<B> =>
  (node, report) => {
    const value = read(node, report)
    return value === undefined ? undefined : change(value)
  }

export const actions: Read<readonly Action[]> = (node, report) => list(action)(node, report)

const path = name('поле')

const READERS: Readonly<Record<ActionKind, Read<Action>>> = {
  task: bareOr<Action>(
    (use) => ({
      kind: 'task',
      pos: use.pos,
      use,
      card: undefined,
      to: undefined,
      at: undefined,
      delay: undefined,
      dueAt: undefined,
      max: undefined,
      onMax: [],
      watchers: [],
      oneOpen: false,
    }),
    (node, report) =>
      mapped(
        shape(
          {
            use: must(name('задача')),
            card: may(name('карточка')),
            to: may(who),
            at: may(expr('at')),
            delay: may(duration('delay')),
            due_at: may(expr('due_at')),
            max: may(integer('max')),
            on_max: may(actions),
            watchers: may(list(who)),
            one_open: may(flag('one_open')),
          },
          'действие task',
        ),
        ({ on_max, one_open, due_at, watchers, ...rest }): Action => ({
          kind: 'task',
          ...rest,
          dueAt: due_at,
          onMax: on_max ?? [],
          watchers: watchers ?? [],
          oneOpen: one_open ?? false,
        }),
      )(node, report),
    'задача',
  ),
  move: bareOr<Action>(
    (stage) => ({ kind: 'move', pos: stage.pos, stage, pipeline: undefined, set: [] }),
    mapped(
      shape(
        { stage: must(name('этап')), pipeline: may(name('воронка')), set: may(assignments('set')) },
        'действие move',
      ),
      ({ set, ...rest }): Action => ({ kind: 'move', ...rest, set: set ?? [] }),
    ),
    'этап',
  ),
  spawn: (node, report) => birth('spawn')(node, report),
  create: (node, report) => birth('create')(node, report),
  send: mapped(
    shape(
      {
        message: must(name('сообщение')),
        to: must(who),
        via: may(list(oneOf(CHANNELS, 'канал'))),
        attach: may(list(path)),
      },
      'действие send',
    ),
    ({ via, attach, ...rest }): Action => ({ kind: 'send', ...rest, via: via ?? [], attach: attach ?? [] }),
  ),
  start: mapped(name('процесс'), (process): Action => ({ kind: 'start', pos: process.pos, process })),
  make_doc: mapped(name('документ'), (document): Action => ({ kind: 'make_doc', pos: document.pos, document })),
  number: mapped(
    shape({ series: must(name('нумерация')), field: must(path) }, 'действие number'),
    (rest): Action => ({ kind: 'number', ...rest }),
  ),
  telephony: mapped(
    shape({ transfer: may(who), say: may(name('сообщение')) }, 'действие telephony'),
    (rest): Action => ({ kind: 'telephony', ...rest }),
  ),
  set: (node, report) =>
    mapped(assignments('set'), (set): Action => ({ kind: 'set', pos: node.at, set }))(node, report),
  hold: mapped(
    shape(
      {
        place: may(reason),
        when: may(oneOf(['stationary'], 'when')),
        lift: may(reason),
        key: may(value('key')),
      },
      'действие hold',
    ),
    (rest): Action => ({ kind: 'hold', ...rest }),
  ),
  emit: mapped(name('событие'), (event): Action => ({ kind: 'emit', pos: event.pos, event })),
  registry: mapped(
    shape(
      {
        entity: must(name('реестр')),
        key: may(value('key')),
        set: may(assignments('set')),
        append: may(assignments('append')),
      },
      'действие registry',
    ),
    ({ set, append, ...rest }): Action => ({ kind: 'registry', ...rest, set: set ?? [], append: append ?? [] }),
  ),
  book: mapped(
    shape(
      { resource: must(name('ресурс')), at: must(expr('at')), for: may(duration('for')), who: may(expr('who')) },
      'действие book',
    ),
    (rest): Action => ({ kind: 'book', ...rest }),
  ),
  screen: mapped(
    shape({ open: must(name('форма')), to: must(who) }, 'действие screen'),
    (rest): Action => ({ kind: 'screen', ...rest }),
  ),
  grant: mapped(
    shape({ permit: must(name('разрешение')), of: must(name('чьё')), until: must(expr('until')) }, 'действие grant'),
    (rest): Action => ({ kind: 'grant', ...rest }),
  ),
  add_payment: mapped(
    shape(
      {
        match: must(assignments('match')),
        amount: must(value('amount')),
        key: must(value('key')),
        fill: must(list(path)),
      },
      'действие add_payment',
    ),
    (rest): Action => ({ kind: 'add_payment', ...rest }),
  ),
  call: mapped(
    shape({ port: must(name('порт')), method: must(name('метод')), args: may(assignments('args')) }, 'действие call'),
    ({ args, ...rest }): Action => ({ kind: 'call', ...rest, args: args ?? [] }),
  ),
}

export const ACTION_KINDS: readonly string[] = Object.keys(READERS)

function reason(node: Node, report: Report): HoldReason | undefined {
  const found = node.kind === 'scalar' ? HOLD_REASONS.find((known) => known === node.value) : undefined
  if (found === undefined) report(node.at, 14, 'Неизвестная причина блокировки', `Причины: ${HOLD_REASONS.join(', ')}`)
  return found
}

function birth(kind: 'spawn' | 'create'): Read<Action> {
  return mapped(
    shape(
      {
        pipeline: must(name('воронка')),
        stage: must(name('этап')),
        link: may(list(name('связь'))),
        set: may(assignments('set')),
        owner: may(who),
        at: may(expr('at')),
        unless_open: may(assignments('unless_open')),
      },
      `действие ${kind}`,
    ),
    ({ link, set, unless_open, ...rest }): Action => ({
      kind,
      ...rest,
      link: link ?? [],
      set: set ?? [],
      unlessOpen: unless_open ?? [],
    }),
  )
}

const isActionKind = (word: string): word is ActionKind => word in READERS

/** One action: a map with a single key, one of the eighteen. */
export const action: Read<Action> = (node, report) => {
  if (node.kind !== 'map' || node.entries.length !== 1) {
    report(node.at, 14, 'Действие пишется одним ключом', `Например {task: имя}. Действия: ${ACTION_KINDS.join(', ')}`)
    return undefined
  }
  const [only] = node.entries
  if (only === undefined) return undefined
  if (!isActionKind(only.key)) {
    report(
      only.keyAt,
      14,
      `Неизвестное действие «${only.key}»`,
      `Действия: ${ACTION_KINDS.join(', ')}${nearest(only.key, ACTION_KINDS)}`,
    )
    return undefined
  }
  const read = READERS[only.key](only.value, report)
  return read === undefined ? undefined : { ...read, pos: only.keyAt }
}
