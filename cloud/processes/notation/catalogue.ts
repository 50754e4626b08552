import { type Duration, duration } from './duration.ts'
import type { Position } from './problem.ts'
import { flag, integer, list, map, may, must, type Named, name, node, oneOf, type Read, shape, text } from './reader.ts'
import type { MapNode, Node } from './source.ts'
import { type FieldType, fieldType, type Plain, type Value, value } from './value.ts'

type At = { readonly pos: Position }
export type Calendar = At & {
  readonly id: string
  /** 1 Monday … 7 Sunday. */
  readonly days: ReadonlySet<number>
  /** Minutes of the local day. */
  readonly from: number
  readonly to: number
  readonly holidays: 'ru' | undefined
}
export type Group = At & {
  readonly id: string
  readonly title: string
  readonly of: readonly Named[]
  readonly hours: Named | undefined
  readonly size: number | undefined
}
export type WorkplaceQueue = At & {
  readonly tasks: readonly Named[]
  readonly from: number
  readonly to: number
}
export type Workplace = At & {
  readonly id: string
  readonly title: string
  readonly who: Named
  readonly calendar: Named
  readonly queues: readonly WorkplaceQueue[]
  readonly skip: { readonly withReason: boolean; readonly perDay: number } | undefined
}
export type Resource = At & {
  readonly id: string
  readonly title: string
  /** How many stand side by side, or the role whose people they are. */
  readonly count: number | undefined
  readonly role: Named | undefined
  readonly slot: Duration | undefined
  readonly calendar: Named | undefined
}
export type Org = {
  readonly roles: ReadonlyMap<string, Position & { readonly title: string }>
  readonly groups: ReadonlyMap<string, Group>
  readonly calendars: ReadonlyMap<string, Calendar>
  readonly workplaces: ReadonlyMap<string, Workplace>
  readonly resources: ReadonlyMap<string, Resource>
  readonly ports: ReadonlySet<string>
  readonly screens: ReadonlySet<string>
}
export type PolicyField = At & {
  readonly id: string
  readonly type: FieldType
  readonly value: Plain
  readonly min: Plain | undefined
  readonly max: Plain | undefined
  readonly title: string
}
export type EntityField = At & {
  readonly id: string
  readonly type: FieldType
  readonly title: string
  readonly roles: readonly Named[]
  /** The only texts it takes, each with what it means; empty: any. */
  readonly codes: ReadonlyMap<string, string>
}
export type Entity = At & {
  readonly id: string
  readonly title: string
  readonly key: string | undefined
  readonly fields: ReadonlyMap<string, EntityField>
}
export type EventType = At & {
  readonly id: string
  readonly payload: ReadonlyMap<string, FieldType>
  /** Where it is said that only its newest word counts: an older one about the same that comes late does not undo it. */
  readonly newest: Position | undefined
}
export type Message = At & {
  readonly id: string
  readonly text: string
  readonly upload: Asked | undefined
  /** The client’s personal link goes with it. */
  readonly clientPage: boolean
}
/** A file that whoever reads the message may add to the card by a link: it goes into the field, and the event is told. */
export type Asked = {
  readonly title: string
  readonly event: Named
  readonly field: Named
  readonly days: number
}
/** `id`: words of the definitions as they are written; `text`: the same in English. */
export type EnglishWords = At & { readonly id: string; readonly text: string }
export type Series = At & {
  readonly id: string
  readonly pattern: string
  readonly reset: 'year' | 'month' | 'never'
  readonly scope: string
}
export type DocumentTemplate = At & {
  readonly id: string
  readonly title: string
  readonly template: string
  readonly need: readonly Named[]
  /** He may have it on his page. */
  readonly forClient: boolean
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
const days: Read<ReadonlySet<number>> = (given, report) => {
  const parts = list(text('days'))(given, report) ?? []
  const found = parts.flatMap((part) => {
    const [from, to] = part.split('-').map((day) => DAYS.indexOf(day) + 1)
    if (from === undefined || from === 0 || to === 0) return []
    return Array.from({ length: (to ?? from) - from + 1 }, (_, index) => from + index)
  })
  if (found.length === 0) report(given.at, 7, 'Не понять дни календаря', 'Пишите mon-fri или mon, wed')
  return found.length === 0 ? undefined : new Set(found)
}
const hours: Read<{ readonly from: number; readonly to: number }> = (given, report) => {
  const written = text('hours')(given, report)
  const found = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(written ?? '')
  const [from, to] =
    found === null ? [0, 0] : [Number(found[1]) * 60 + Number(found[2]), Number(found[3]) * 60 + Number(found[4])]
  if (from < to && to <= 1440) return { from, to }
  report(given.at, 7, 'Не понять часы', 'Пишите "09:00-18:00"')
  return undefined
}

const calendarShape = shape(
  { days: must(days), hours: must(hours), holidays: may(oneOf(['ru'], 'holidays')) },
  'календарь',
)
const groupShape = shape(
  {
    title: must(text('title')),
    of: must(list(name('роль'))),
    numbers: may(text('numbers')),
    hours: may(name('календарь')),
    size: may(integer('size')),
  },
  'группа',
)
const queueShape = shape({ tasks: must(list(name('задача'))), hours: may(hours) }, 'очередь')
const workplaceShape = shape(
  {
    title: must(text('title')),
    who: must(name('роль')),
    calendar: must(name('календарь')),
    queues: must(list(queueShape)),
    allow_skip: may(shape({ with_reason: may(flag('with_reason')), per_day: may(integer('per_day')) }, 'allow_skip')),
  },
  'рабочее место',
)
const resourceShape = shape(
  {
    title: must(text('title')),
    count: may(integer('count')),
    role: may(name('роль')),
    slot: may(duration('slot')),
    calendar: may(name('календарь')),
  },
  'ресурс',
)
const orgShape = shape(
  {
    kind: must(text('kind')),
    id: must(text('id')),
    zone: must(oneOf(['Europe/Moscow'], 'zone')),
    calendars: must(map(calendarShape, 'calendars')),
    roles: must(map(text('роль'), 'roles')),
    groups: may(map(groupShape, 'groups')),
    workplaces: may(map(workplaceShape, 'workplaces')),
    resources: may(map(resourceShape, 'resources')),
    ports: may(list(text('ports'))),
    screens: may(list(text('screens'))),
  },
  'org',
)
export const org: Read<Org> = (given, report) => {
  const read = orgShape(given, report)
  if (read === undefined) return undefined
  return {
    calendars: byName(read.calendars, (id, { hours: span, ...rest }) => ({ id, ...rest, ...span })),
    roles: byName(read.roles, (_id, title, pos) => ({ ...pos, title })),
    groups: byName(read.groups ?? [], (id, group) => ({ id, ...group })),
    workplaces: byName(read.workplaces ?? [], (id, { queues, allow_skip, ...rest }) => ({
      id,
      ...rest,
      queues: queues.map(({ tasks, hours: span, pos }) => ({
        tasks,
        pos,
        from: span?.from ?? 0,
        to: span?.to ?? 1440,
      })),
      skip: allow_skip && { withReason: allow_skip.with_reason ?? true, perDay: allow_skip.per_day ?? 5 },
    })),
    resources: byName(read.resources ?? [], (id, resource) => ({ id, ...resource })),
    ports: new Set(read.ports ?? []),
    screens: new Set(read.screens ?? []),
  }
}

function byName<T, U>(
  entries: readonly (Named & { readonly value: T })[],
  make: (id: string, value: T, pos: Position) => U,
): ReadonlyMap<string, U> {
  return new Map(entries.map(({ name: id, value: given, pos }) => [id, make(id, given, pos)]))
}

const policyFieldShape = shape(
  {
    type: must(fieldType('type')),
    value: must(value('value')),
    min: may(value('min')),
    max: may(value('max')),
    title: must(text('title')),
  },
  'число политики',
)
const literalOf = (given: Value | undefined): Plain | undefined =>
  given === undefined || 'cel' in given ? undefined : given.literal
export const policyFields: Read<readonly PolicyField[]> = (given, report) => {
  const read = shape(
    {
      kind: must(text('kind')),
      id: must(text('id')),
      case: may(text('case')),
      policy: must(map(policyFieldShape, 'policy')),
    },
    'policy',
  )(given, report)
  return read?.policy.flatMap(({ name: id, pos, value: field }) => {
    const literal = literalOf(field.value)
    if (literal === undefined) {
      report(pos, 8, `Значение «${id}» должно быть написано прямо`, 'Уберите cel')
      return []
    }
    return [
      {
        id,
        pos,
        type: field.type,
        title: field.title,
        value: literal,
        min: literalOf(field.min),
        max: literalOf(field.max),
      },
    ]
  })
}

const NAMED_FIELD: Read<Pick<EntityField, 'type' | 'title' | 'roles' | 'codes'>> = (given, report) => {
  if (given.kind === 'list') {
    const [type, title] = given.items
    const parsed = type && fieldType('тип поля')(type, report)
    const words = title && text('название поля')(title, report)
    if (given.items.length !== 2)
      report(given.at, 8, 'Поле пишется как [тип, название]', 'Например [int, "Пробег, км"]')
    return parsed && words !== undefined ? { type: parsed, title: words, roles: [], codes: new Map() } : undefined
  }
  const read = shape(
    {
      type: must(fieldType('type')),
      title: must(text('title')),
      roles: may(list(name('роль'))),
      codes: may(map(text('значение кода'), 'коды')),
    },
    'поле карточки',
  )(given, report)
  return (
    read && {
      ...read,
      roles: read.roles ?? [],
      codes: new Map(read.codes?.map(({ name: code, value: said }) => [code, said])),
    }
  )
}
const entityShape = shape(
  { title: must(text('title')), key: may(text('key')), fields: must(map(NAMED_FIELD, 'fields')) },
  'вид карточек',
)
export const entities: Read<readonly Entity[]> = (given, report) => {
  const read = shape(
    {
      kind: must(text('kind')),
      id: must(text('id')),
      case: may(text('case')),
      entities: must(map(entityShape, 'entities')),
    },
    'entities',
  )(given, report)
  return read?.entities.map(({ name: id, pos, value: entity }) => ({
    id,
    pos,
    title: entity.title,
    key: entity.key,
    fields: byName(entity.fields, (field, type, at) => ({ id: field, pos: at, ...type })),
  }))
}

export const events: Read<readonly EventType[]> = (given, report) => {
  const read = shape(
    {
      kind: must(text('kind')),
      id: must(text('id')),
      case: may(text('case')),
      events: must(map(map(fieldType('поле события'), 'поля события'), 'events')),
      newest: may(list(name('событие'))),
    },
    'events',
  )(given, report)
  for (const { name: id, pos } of read?.newest ?? [])
    if (read?.events.every((one) => one.name !== id))
      report(pos, 10, `Нет события «${id}»`, 'Опишите его здесь же или уберите из newest')
  return read?.events.map(({ name: id, pos, value: payload }) => ({
    id,
    pos,
    newest: read.newest?.find((one) => one.name === id)?.pos,
    payload: new Map(payload.map((field) => [field.name, field.value])),
  }))
}

const wordedShape = shape(
  {
    text: must(text('текст')),
    client_page: may(flag('client_page')),
    upload: may(
      shape(
        {
          title: must(text('title')),
          event: must(name('событие')),
          field: must(name('поле')),
          days: may(integer('days')),
        },
        'ссылка для файла',
      ),
    ),
  },
  'сообщение',
)
/** A text, or a text with what it asks for. */
const worded: Read<Pick<Message, 'text' | 'upload' | 'clientPage'>> = (given, report) => {
  if (given.kind !== 'map') {
    const words = text('текст')(given, report)
    return words === undefined ? undefined : { text: words, upload: undefined, clientPage: false }
  }
  const read = wordedShape(given, report)
  if (read === undefined) return undefined
  const { upload } = read
  return {
    text: read.text,
    clientPage: read.client_page ?? false,
    upload: upload === undefined ? undefined : { ...upload, days: upload.days ?? USUAL_DAYS },
  }
}
const USUAL_DAYS = 30

export const messages: Read<readonly Message[]> = (given, report) => {
  const read = shape(
    {
      kind: must(text('kind')),
      id: must(text('id')),
      case: may(text('case')),
      messages: must(map(worded, 'messages')),
    },
    'messages',
  )(given, report)
  return read?.messages.map(({ name: id, pos, value }) => ({ id, pos, ...value }))
}

export const englishWords: Read<readonly EnglishWords[]> = (given, report) => {
  const read = shape(
    {
      kind: must(text('kind')),
      id: must(text('id')),
      case: may(text('case')),
      words: must(map(text('перевод'), 'words')),
    },
    'english',
  )(given, report)
  return read?.words.map(({ name: id, pos, value: words }) => ({ id, pos, text: words }))
}

const seriesShape = shape(
  {
    pattern: must(text('pattern')),
    reset: may(oneOf(['year', 'month', 'never'], 'reset')),
    scope: may(text('scope')),
    gapless: may(flag('gapless')),
  },
  'нумерация',
)
const documentShape = shape(
  {
    title: must(text('title')),
    template: must(text('template')),
    need: may(list(name('поле'))),
    for_client: may(flag('for_client')),
  },
  'документ',
)
export const documents: Read<{
  readonly series: readonly Series[]
  readonly documents: readonly DocumentTemplate[]
}> = (given, report) => {
  const read = shape(
    {
      kind: must(text('kind')),
      id: must(text('id')),
      case: may(text('case')),
      series: may(map(seriesShape, 'series')),
      documents: may(map(documentShape, 'documents')),
    },
    'documents',
  )(given, report)
  if (read === undefined) return undefined
  return {
    series: (read.series ?? []).map(({ name: id, pos, value: one }) => {
      if (!/\{n(:\d+)?\}/.test(one.pattern)) report(pos, 8, `В номере «${id}» нет {n}`, 'Напишите, где стоит номер')
      return { id, pos, pattern: one.pattern, reset: one.reset ?? 'never', scope: one.scope ?? 'company' }
    }),
    documents: (read.documents ?? []).map(({ name: id, pos, value: { for_client: forClient, ...one } }) => ({
      id,
      ...one,
      pos,
      need: one.need ?? [],
      forClient: forClient ?? false,
    })),
  }
}

/** The keyed maps of a task file, before its templates are read. */
export const taskMap: Read<MapNode> = (given, report) => {
  const read = shape(
    { kind: must(text('kind')), id: must(text('id')), case: may(text('case')), tasks: must(node) },
    'tasks',
  )(given, report)
  const tasks: Node | undefined = read?.tasks
  return tasks?.kind === 'map' ? tasks : undefined
}
