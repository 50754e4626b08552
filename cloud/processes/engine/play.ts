import { z } from 'zod'
import type { Fact } from '../../expressions/fact-type.ts'
import type { Actor, CardEvent } from './card.ts'
import type { Machine } from './machine.ts'
import { printTime } from './print.ts'
import { createWorld, type Outcome, type Step, type World } from './world.ts'

const FactJson: z.ZodType<Fact> = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.array(z.union([z.string(), z.number()])),
])
const Values = z.record(z.string(), FactJson)
const When = { at: z.iso.datetime({ offset: true }) }
const By = { by: z.strictObject({ id: z.string(), roles: z.array(z.string()) }).optional() }

/** One line of an event file: when, and what. Cards are called by the names the file gives them. */
const Line = z.union([
  z.strictObject({
    ...When,
    ...By,
    born: z.string(),
    pipeline: z.string(),
    stage: z.string().optional(),
    fields: Values.default({}),
    subject: z.string().optional(),
  }),
  z.strictObject({ ...When, ...By, card: z.string(), move: z.string(), set: Values.default({}) }),
  z.strictObject({ ...When, ...By, card: z.string(), set: Values }),
  z.strictObject({
    ...When,
    ...By,
    card: z.string(),
    task: z.string(),
    outcome: z.string(),
    set: Values.default({}),
    answer: Values.default({}),
    comment: z.string().optional(),
  }),
  z.strictObject({ ...When, ...By, card: z.string(), button: z.string() }),
  z.strictObject({ ...When, ...By, card: z.string(), start: z.string(), set: Values.default({}) }),
  z.strictObject({
    ...When,
    event: z.string(),
    payload: Values.default({}),
    about: z.record(z.string(), z.string()).default({}),
  }),
  z.strictObject({ ...When, record: z.string(), id: z.string(), set: Values }),
  z.strictObject({ ...When, balance: z.string(), kopecks: z.int().optional() }),
  z.strictObject({ ...When, zone: z.string(), inside: z.boolean().optional() }),
  z.strictObject({ ...When, until: z.literal('end') }),
])
type Line = z.infer<typeof Line>

/** Pure. Plays an event file on definitions and tells what became of each card, line by line. Throws naming a wrong line. */
export function play(machine: Machine, jsonl: string): readonly string[] {
  const lines = jsonl.split('\n').flatMap((text, index): readonly Line[] => {
    if (text.trim() === '' || text.trimStart().startsWith('//')) return []
    const parsed = Line.safeParse(parsedJson(text, index))
    if (!parsed.success) throw new Error(`строка ${index + 1}: ${z.prettifyError(parsed.error)}`)
    return [parsed.data]
  })
  const [first] = lines
  if (first === undefined) return []
  const balances = new Map<string, Fact>()
  const zones = new Map<string, Fact>()
  const world = createWorld(machine, Date.parse(first.at), (wanted) => {
    if (wanted.kind === 'balance') return balances.get(wanted.record)
    return wanted.kind === 'zoneState' ? zones.get(wanted.vehicle) : undefined
  })
  const names = new Map<string, string>()
  const told: string[] = []
  let seen = 0
  const tell = (refused: string | undefined) => {
    for (const step of world.steps().slice(seen)) {
      const words = wordsOf(machine, step)
      if (words !== undefined) told.push(`${printTime(step.at)}  ${nameOf(names, world, step.card)}  ${words}`)
    }
    seen = world.steps().length
    if (refused !== undefined) told.push(`${printTime(world.now())}  отказ: ${refused}`)
  }
  for (const line of lines) {
    world.until(Date.parse(line.at))
    tell(undefined)
    tell(apply(world, names, balances, zones, line))
  }
  return told
}

function parsedJson(text: string, index: number): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`строка ${index + 1}: не JSON`, { cause })
  }
}

const nameOf = (names: ReadonlyMap<string, string>, world: World, id: string): string => {
  const given = [...names].find(([, known]) => known === id)?.[0]
  const found = world.cards().find(({ card }) => card.id === id)
  return given ?? (found === undefined ? id : `№ ${found.card.no}`)
}

function apply(
  world: World,
  names: Map<string, string>,
  balances: Map<string, Fact>,
  zones: Map<string, Fact>,
  line: Line,
): string | undefined {
  const actor = 'by' in line ? actorOf(line.by) : SYSTEM
  const why = (outcome: Outcome) => (outcome.kind === 'refused' ? outcome.why.join('; ') : undefined)
  if ('born' in line) {
    const { id, outcome } = world.birth(line.pipeline, line.stage, line.fields, {
      actor,
      ...(line.subject === undefined ? {} : { subject: line.subject }),
    })
    names.set(line.born, id)
    return why(outcome)
  }
  if ('card' in line) {
    const id = names.get(line.card) ?? world.cards().find(({ card }) => String(card.no) === line.card)?.card.id
    if (id === undefined) return `карточки «${line.card}» нет`
    const event = eventOf(world, id, line)
    return event === undefined ? `у «${line.card}» нет такой открытой задачи` : why(world.on(id, event, actor))
  }
  if ('event' in line) {
    const about = Object.fromEntries(
      Object.entries(line.about).map(([entity, id]) => [entity, entity === 'card' ? (names.get(id) ?? id) : id]),
    )
    world.deliver(line.event, line.payload, about)
  }
  if ('record' in line) world.recordChanged(line.record, line.id, line.set)
  if ('balance' in line)
    balances.set(line.balance, line.kopecks === undefined ? undefined : { kopecks: line.kopecks, asOf: world.now() })
  if ('zone' in line)
    zones.set(line.zone, line.inside === undefined ? undefined : { inside: line.inside, since: world.now() })
  return undefined
}

type OfCard = Extract<Line, { card: string }>

function eventOf(world: World, id: string, line: OfCard): CardEvent | undefined {
  if ('move' in line) return { kind: 'move', stage: line.move, set: line.set }
  if ('button' in line) return { kind: 'button', id: line.button }
  if ('start' in line) return { kind: 'start', process: line.start, set: line.set }
  if (!('task' in line)) return { kind: 'fields', set: line.set }
  const task = world.task(id, line.task)
  return (
    task && {
      kind: 'outcome',
      task: task.id,
      outcome: line.outcome,
      set: line.set,
      answer: line.answer,
      comment: line.comment,
    }
  )
}

const SYSTEM: Actor = { kind: 'system', id: 'play' }
const actorOf = (by: { readonly id: string; readonly roles: readonly string[] } | undefined): Actor =>
  by === undefined ? SYSTEM : { kind: 'person', id: by.id, name: by.id, roles: by.roles }

function wordsOf(machine: Machine, step: Step): string | undefined {
  if ('effect' in step) {
    const { effect } = step
    if (effect.kind === 'send')
      return `сообщение ${effect.message} → ${'entity' in effect.to ? `${effect.to.entity} ${effect.to.id}` : `${effect.to.kind}:${effect.to.id}`}`
    if (effect.kind === 'hold')
      return effect.place === undefined ? `снять блокировку ${effect.lift ?? ''}` : `заблокировать: ${effect.place}`
    if (effect.kind === 'doc') return `документ ${effect.document}`
    return effect.kind === 'emit' ? `событие ${effect.event}` : undefined
  }
  const { change } = step
  const stage = (id: string) =>
    [...machine.definitions.pipelines.values()].flatMap(({ stages }) => stages).find((one) => one.id === id)?.title ??
    id
  switch (change.kind) {
    case 'born':
      return `появилась на «${stage(change.stage)}»`
    case 'moved':
      return `«${stage(change.from)}» → «${stage(change.to)}»`
    case 'set':
      return `${change.path} = ${JSON.stringify(change.to)}`
    case 'task':
      return `задача «${machine.template(change.template)?.title ?? change.template}» для ${change.assignee}, срок ${printTime(change.dueAt)}`
    case 'done':
      return `закрыта ${change.template}: ${change.outcome}${change.late ? ', с опозданием' : ''}`
    case 'refused':
      return `не прошло автоматически (${change.what}): ${change.why.join('; ')}`
    case 'unknown':
      return `нет данных (${change.what}): ${change.missing.join(', ')}`
    case 'started':
      return `процесс «${machine.definitions.processes.get(change.process)?.title ?? change.process}»`
    case 'overran':
      return `превышен предел этапа «${stage(change.stage)}»`
    case 'numbered':
      return `номер ${change.number}`
    case 'parked':
      return `остановлена: ${change.why}`
    default:
      return undefined
  }
}
