import type { Fact, Facts } from '../../expressions/fact-type.ts'
import { MASK } from '../lint/check-words.ts'
import type { Action, BirthAction } from '../notation/action.ts'
import type { Assignment } from '../notation/value.ts'
import type { Change } from './card.ts'
import { assigneeOf, type Draft, isFacts, isFilled, type Locals, Refused, recipientOf } from './draft.ts'
import type { Asked, Hands } from './hands.ts'

export function act(hands: Hands, draft: Draft, actions: readonly Action[], locals: Locals, asked: Asked): void {
  for (const one of actions) actOne(hands, draft, one, locals, asked)
}

function actOne(hands: Hands, draft: Draft, one: Action, locals: Locals, asked: Asked): Done {
  switch (one.kind) {
    case 'task':
      return openTask(hands, draft, one, locals)
    case 'move':
      return moveCard(hands, draft, one, locals, asked)
    case 'set':
      for (const { path, value } of evaluated(draft, one.set, locals)) draft.set(path, value, locals)
      return undefined
    case 'start':
      return hands.start(draft, one.process.name, locals)
    case 'spawn':
    case 'create':
      return birth(draft, one, locals)
    case 'send':
      return send(draft, one, locals)
    case 'number': {
      const nth = draft.changes.filter(({ change }) => change.kind === 'numbered').length
      const number = draft.want({ kind: 'number', series: one.series.name, nth })
      if (typeof number !== 'string') return hands.refuse(draft, `number:${one.series.name}`, ['Номер не выдан'])
      draft.log({ kind: 'numbered', series: one.series.name, number })
      return draft.set(one.field.name, number, locals)
    }
    case 'make_doc':
      return makeDoc(hands, draft, one.document.name, locals)
    case 'hold':
      return hold(hands, draft, one, locals)
    case 'emit':
      return draft.effect({
        kind: 'emit',
        event: one.event.name,
        payload: locals.event ?? {},
        subject: subjectOf(draft, locals),
      })
    case 'registry':
      return registry(hands, draft, one, locals)
    case 'book':
      return book(hands, draft, one, locals, asked)
    case 'grant':
      return grant(hands, draft, one, locals)
    case 'telephony': {
      const transfer = one.transfer === undefined ? undefined : recipientOf(draft, one.transfer, locals)
      const facts = { ...factsOfText(draft, one.say?.name, locals), call: locals.event ?? {} }
      return draft.effect({ kind: 'telephony', transfer, say: one.say?.name, facts })
    }
    case 'screen': {
      const to = recipientOf(draft, one.to, locals)
      return to === undefined ? undefined : draft.effect({ kind: 'screen', open: one.open.name, to })
    }
    case 'add_payment': {
      const amount = draft.valueOf(one.amount, locals)
      const key = draft.valueOf(one.key, locals)
      if (typeof amount !== 'number' || typeof key !== 'string')
        return hands.refuse(draft, 'add_payment', ['Сумма или ключ платежа неизвестны'])
      const match = Object.fromEntries(evaluated(draft, one.match, locals).map(({ path, value }) => [path, value]))
      return draft.effect({ kind: 'payment', match, amount, key, fill: one.fill.map(({ name }) => name) })
    }
    case 'call': {
      const args = Object.fromEntries(evaluated(draft, one.args, locals).map(({ path, value }) => [path, value]))
      return draft.effect({
        kind: 'call',
        port: one.port.name,
        method: one.method.name,
        args,
        run: undefined,
        step: undefined,
      })
    }
  }
}

/** Nothing of interest: what was done stands in the draft. */
type Done = unknown

/** Values of assignments; one that cannot be told leaves its field as it is, and is listed. */
export function evaluated(
  draft: Draft,
  items: readonly Assignment[],
  locals: Locals,
): readonly { readonly path: string; readonly value: Fact }[] {
  return items.flatMap(({ path, value }) => {
    if ('literal' in value) return [{ path, value: value.literal }]
    const result = draft.evaluate(value, locals)
    if (result.kind === 'value') return [{ path, value: result.value }]
    draft.log({ kind: 'unknown', what: path, missing: result.missing })
    return []
  })
}

function openTask(hands: Hands, draft: Draft, one: Extract<Action, { kind: 'task' }>, locals: Locals): void {
  if (one.card === undefined) {
    hands.open(draft, {
      use: one.use.name,
      locals,
      action: one,
      ofLimit: locals.given['ofLimit'] === true,
      step: undefined,
    })
    return
  }
  const other = draft.root(one.card.name, locals)
  const id = isFacts(other) ? other['id'] : undefined
  if (typeof id === 'string')
    draft.effect({ kind: 'onCard', card: id, task: one.use.name, about: locals.each['driver'] })
}

function moveCard(
  hands: Hands,
  draft: Draft,
  one: Extract<Action, { kind: 'move' }>,
  locals: Locals,
  asked: Asked,
): void {
  if (one.pipeline !== undefined && one.pipeline.name !== draft.card.pipeline) return
  const set = evaluated(draft, one.set, locals).map(({ path, value }) => [path, value] as const)
  // In a registry without moves by hand an outcome is the way by which the state follows from the work.
  const auto = draft.machine.pipeline(draft.card.pipeline)?.moves === 'auto_only'
  const result = hands.move(draft, one.stage.name, set, locals, auto ? 'automatic' : asked)
  if (result.kind !== 'refused') return
  if (asked === 'person') throw new Refused('guard', result.why)
  hands.refuse(draft, `move:${one.stage.name}`, result.why)
}

function birth(draft: Draft, one: BirthAction, locals: Locals): void {
  const fields: Record<string, Fact> = {}
  for (const { name } of one.link) fields[name] = draft.linkOf(name, locals)
  for (const { path, value } of evaluated(draft, one.set, locals)) fields[path.split('.').at(-1) ?? path] = value
  const at = one.at === undefined ? undefined : draft.evaluate(one.at, locals)
  const unlessOpen = Object.fromEntries(
    evaluated(draft, one.unlessOpen, locals).map(({ path, value }) => [path, value]),
  )
  const id = draft.newId()
  draft.effect({
    kind: 'birth',
    id,
    pipeline: one.pipeline.name,
    stage: one.stage.name,
    fields: Object.fromEntries(Object.entries(fields).filter(([, value]) => isFilled(value))),
    owner: assigneeOf(draft, one.owner, locals),
    at: at?.kind === 'value' && typeof at.value === 'number' ? at.value : undefined,
    unlessOpen,
  })
  draft.log({ kind: 'spawned', card: id, pipeline: one.pipeline.name, stage: one.stage.name })
}

/** The values that a text or a document prints, as they are now. */
export function factsOfText(draft: Draft, message: string | undefined, locals: Locals): Facts {
  const text = draft.machine.definitions.messages.get(message ?? '')?.text ?? ''
  return factsAt(
    draft,
    [...text.matchAll(MASK)].map(([, path]) => path ?? ''),
    locals,
  )
}

export function factsAt(draft: Draft, paths: readonly string[], locals: Locals): Facts {
  const facts: Record<string, Record<string, Fact>> = {}
  for (const path of paths) {
    const [root = '', field = ''] = path.split('.')
    const holder = draft.root(root, locals)
    if (isFacts(holder) && Object.hasOwn(holder, field)) facts[root] = { ...facts[root], [field]: holder[field] }
  }
  const stage = draft.machine.stage(draft.card.pipeline, draft.card.stage)
  return {
    ...facts,
    stage: {
      title: stage?.title,
      age: draft.now - draft.card.enteredAt,
      limit: stage?.limit !== undefined && 'text' in stage.limit.for ? stage.limit.for.ms : undefined,
    },
  }
}

function send(draft: Draft, one: Extract<Action, { kind: 'send' }>, locals: Locals): Done {
  const to = recipientOf(draft, one.to, locals)
  if (to === undefined) return draft.log({ kind: 'unknown', what: `send:${one.message.name}`, missing: ['получатель'] })
  const attach = one.attach.flatMap(({ name }) => {
    if (!name.includes('.')) return [`doc:${name}`]
    const files = draft.read(name, locals)
    return Array.isArray(files) ? files.map(String) : typeof files === 'string' ? [files] : []
  })
  draft.effect({
    kind: 'send',
    message: one.message.name,
    to,
    via: one.via,
    facts: factsOfText(draft, one.message.name, locals),
    attach,
  })
}

function makeDoc(hands: Hands, draft: Draft, id: string, locals: Locals): Done {
  const document = draft.machine.definitions.documents.get(id)
  const gaps = (document?.need ?? []).filter(({ name }) => !isFilled(draft.read(name, locals)))
  if (document === undefined || gaps.length > 0)
    return hands.refuse(draft, `doc:${id}`, [
      `«${document?.title ?? id}» не сделан, не хватает: ${gaps.map(({ name }) => fieldTitle(draft, name)).join(', ')}`,
    ])
  const roots = ['driver', 'vehicle', 'client', 'machine', 'agent', draft.card.entity].filter((name) =>
    draft.machine.definitions.entities.has(name),
  )
  const facts = Object.fromEntries(
    roots.map((name) => [name, draft.root(name, locals)]).filter(([, fact]) => fact !== undefined),
  )
  draft.effect({ kind: 'doc', document: id, facts })
}

const fieldTitle = (draft: Draft, path: string): string => {
  const [entity = '', field = ''] = path.split('.')
  return draft.machine.definitions.entities.get(entity)?.fields.get(field)?.title ?? path
}

function hold(hands: Hands, draft: Draft, one: Extract<Action, { kind: 'hold' }>, locals: Locals): Done {
  const vehicle = draft.linkOf('vehicle', locals)
  const key = one.key === undefined ? undefined : draft.valueOf(one.key, locals)
  if (vehicle === undefined || (one.key !== undefined && typeof key !== 'string'))
    return hands.refuse(draft, `hold:${one.place ?? one.lift ?? ''}`, ['У карточки нет машины'])
  draft.effect({
    kind: 'hold',
    place: one.place,
    lift: one.lift,
    key: typeof key === 'string' ? key : undefined,
    vehicle,
  })
}

/** Whom an event is about: the card and what it links. */
export function subjectOf(draft: Draft, locals: Locals): Readonly<Record<string, string>> {
  const entities = [...draft.machine.definitions.entities.keys()].filter(
    (name) => name !== draft.card.entity || draft.card.subject !== undefined,
  )
  const links = entities.flatMap((name): readonly (readonly [string, string])[] => {
    const id = name === 'gateway' ? undefined : draft.linkOf(name, locals)
    return id === undefined ? [] : [[name, id]]
  })
  return { card: draft.card.id, ...Object.fromEntries(links) }
}

function registry(hands: Hands, draft: Draft, one: Extract<Action, { kind: 'registry' }>, locals: Locals): Done {
  const key = one.key === undefined ? draft.card.id : draft.valueOf(one.key, locals)
  if (typeof key !== 'string' || key === '')
    return hands.refuse(draft, `registry:${one.entity.name}`, ['Ключ строки реестра неизвестен'])
  const row = (items: readonly Assignment[]) =>
    Object.fromEntries(evaluated(draft, items, locals).map(({ path, value }) => [path, value]))
  draft.effect({ kind: 'registry', entity: one.entity.name, key, set: row(one.set), append: row(one.append) })
}

const HOUR_MS = 3_600_000

function book(hands: Hands, draft: Draft, one: Extract<Action, { kind: 'book' }>, locals: Locals, asked: Asked): Done {
  const at = draft.evaluate(one.at, locals)
  const resource = one.resource.name
  if (at.kind !== 'value' || typeof at.value !== 'number')
    return hands.refuse(draft, `book:${resource}`, ['Время записи неизвестно'])
  const slot = one.for?.ms ?? draft.machine.definitions.org.resources.get(resource)?.slot?.ms ?? HOUR_MS
  const person = one.who === undefined ? undefined : draft.evaluate(one.who, locals)
  const who = person?.kind === 'value' && typeof person.value === 'string' ? person.value : undefined
  const span = { from: at.value, to: at.value + slot }
  const booked = draft.want({ kind: 'book', resource, ...span, who })
  if (booked === true) return draft.log({ kind: 'booked', resource, ...span } satisfies Change)
  if (asked === 'person') throw new Refused('guard', ['Это время уже занято'])
  return hands.refuse(draft, `book:${resource}`, ['Это время уже занято'])
}

function grant(hands: Hands, draft: Draft, one: Extract<Action, { kind: 'grant' }>, locals: Locals): Done {
  const record = draft.linkOf(one.of.name, locals)
  const until = draft.evaluate(one.until, locals)
  if (record === undefined || until.kind !== 'value' || typeof until.value !== 'number')
    return hands.refuse(draft, `grant:${one.permit.name}`, ['Кому или до какого времени, неизвестно'])
  draft.effect({ kind: 'permit', permit: one.permit.name, of: one.of.name, record, until: until.value })
  draft.log({ kind: 'granted', permit: one.permit.name, of: `${one.of.name}:${record}`, until: until.value })
}
