import type { Action } from '../notation/action.ts'
import type { Definitions } from '../notation/definitions.ts'
import type { Position, Report } from '../notation/problem.ts'
import { type Named, nearest } from '../notation/reader.ts'
import type { Who } from '../notation/value.ts'
import { expressionsOf } from './expressions.ts'
import { boundIn, flattened, type Site } from './sites.ts'

type Kind =
  | 'task'
  | 'message'
  | 'document'
  | 'process'
  | 'series'
  | 'event'
  | 'entity'
  | 'calendar'
  | 'port'
  | 'screen'
  | 'resource'
const WORDS: Readonly<Record<Kind, string>> = {
  task: 'задачи',
  message: 'сообщения',
  document: 'документа',
  process: 'процесса',
  series: 'нумерации',
  event: 'события',
  entity: 'вида карточек',
  calendar: 'календаря',
  port: 'порта',
  screen: 'формы',
  resource: 'ресурса',
}
/** What the product itself answers to, besides what the org declares. */
const PORTS = ['papers', 'fines', 'telephony', 'onec', 'aggregator']
const SCREENS = ['dispatcher_form', 'card']
type Use = { readonly kind: Kind; readonly at: Named }

/** Checks 10 and 11: what is named exists, what exists is named. */
export function checkNames(definitions: Definitions, sites: readonly Site[], report: Report): void {
  const uses = [...actionUses(sites), ...otherUses(definitions)]
  const known: Readonly<Record<Kind, readonly string[]>> = {
    task: [...definitions.tasks.keys()],
    message: [...definitions.messages.keys()],
    document: [...definitions.documents.keys()],
    process: [...definitions.processes.keys()],
    series: [...definitions.series.keys()],
    event: [...definitions.events.keys()],
    entity: [...definitions.entities.keys()],
    calendar: [...definitions.org.calendars.keys()],
    port: [...PORTS, ...definitions.org.ports],
    screen: [...SCREENS, ...definitions.org.screens],
    resource: [...definitions.org.resources.keys(), ...definitions.org.roles.keys()],
  }
  // Without a declaration of resources any name is a post of its own.
  const open = definitions.org.resources.size === 0
  for (const { kind, at } of uses)
    if (!known[kind].includes(at.name) && !(kind === 'resource' && open))
      report(
        at.pos,
        10,
        `Нет ${WORDS[kind]} «${at.name}»`,
        `Опишите её или исправьте имя${nearest(at.name, known[kind])}`,
      )
  checkPermits(definitions, sites, report)
  checkUnused(definitions, uses, report)
}

function actionUses(sites: readonly Site[]): readonly Use[] {
  return sites.flatMap(({ actions }) => flattened(actions).flatMap(usesOf))
}

function usesOf(one: Action): readonly Use[] {
  switch (one.kind) {
    case 'task':
      return [{ kind: 'task', at: one.use }]
    case 'send':
      return [
        { kind: 'message', at: one.message },
        ...one.attach.filter(({ name }) => !name.includes('.')).map((at): Use => ({ kind: 'document', at })),
      ]
    case 'start':
      return [{ kind: 'process', at: one.process }]
    case 'make_doc':
      return [{ kind: 'document', at: one.document }]
    case 'number':
      return [{ kind: 'series', at: one.series }]
    case 'telephony':
      return one.say === undefined ? [] : [{ kind: 'message', at: one.say }]
    case 'emit':
      return [{ kind: 'event', at: one.event }]
    case 'registry':
      return [{ kind: 'entity', at: one.entity }]
    case 'call':
      return [{ kind: 'port', at: one.port }]
    case 'screen':
      return [{ kind: 'screen', at: one.open }]
    case 'book':
      return [{ kind: 'resource', at: one.resource }]
    default:
      return []
  }
}

function otherUses(definitions: Definitions): readonly Use[] {
  const uses: Use[] = []
  const put = (kind: Kind, at: Named | undefined) => {
    if (at !== undefined) uses.push({ kind, at })
  }
  for (const pipeline of definitions.pipelines.values()) {
    put('entity', pipeline.card)
    for (const stage of pipeline.stages) {
      for (const { event } of stage.when) {
        if (event.kind === 'outside') for (const name of event.names) put('event', name)
        if (event.kind === 'done') put('task', event.task)
        if (event.kind === 'ended') put('process', event.process)
      }
      for (const { value: read } of stage.read) if (read.kind === 'free') put('resource', read.resource)
    }
  }
  for (const process of definitions.processes.values()) {
    put('entity', process.card)
    for (const { body } of process.steps) {
      if (body.kind === 'acknowledge') put('message', body.acknowledge.message)
      if (body.kind === 'first_response') put('message', body.firstResponse.message)
      if (body.kind === 'remind') put('message', body.remind.message)
      if (body.kind === 'wait') for (const event of body.wait.event) put('event', event)
    }
    if (process.start !== undefined) put('process', { name: process.id, pos: process.pos })
  }
  for (const rule of definitions.rules.values()) {
    if (rule.event?.kind === 'outside') for (const name of rule.event.names) put('event', name)
    put('entity', rule.for?.entity)
  }
  for (const task of definitions.tasks.values()) put('calendar', task.clock)
  for (const message of definitions.messages.values()) put('event', message.upload?.event)
  for (const group of definitions.org.groups.values()) put('calendar', group.hours)
  for (const resource of definitions.org.resources.values()) put('calendar', resource.calendar)
  for (const workplace of definitions.org.workplaces.values()) {
    put('calendar', workplace.calendar)
    for (const queue of workplace.queues) for (const task of queue.tasks) put('task', task)
  }
  return uses
}

function checkPermits(definitions: Definitions, sites: readonly Site[], report: Report): void {
  const granted = new Set(
    sites.flatMap(({ actions }) =>
      flattened(actions).flatMap((one) => (one.kind === 'grant' ? [one.permit.name] : [])),
    ),
  )
  const reads = [
    ...[...definitions.rules.values()].flatMap(({ read }) => read),
    ...[...definitions.processes.values()].flatMap(({ read }) => read),
    ...[...definitions.pipelines.values()].flatMap(({ stages }) => stages.flatMap(({ read }) => read)),
  ]
  for (const { value: read } of reads)
    if (read.kind === 'permit' && !granted.has(read.name.name))
      report(
        read.name.pos,
        10,
        `Разрешение «${read.name.name}» нигде не выдаётся`,
        'Выдайте его действием grant или исправьте имя',
      )
}

function checkUnused(definitions: Definitions, uses: readonly Use[], report: Report): void {
  const used = new Set(uses.map(({ kind, at }) => `${kind} ${at.name}`))
  const unused = (kind: Kind, items: ReadonlyMap<string, { readonly pos: Position }>, what: string) => {
    for (const [id, { pos }] of items)
      if (!used.has(`${kind} ${id}`))
        report(pos, 11, `${what} «${id}» нигде не используется`, 'Уберите или свяжите с этапом, правилом или процессом')
  }
  unused('task', definitions.tasks, 'Задача')
  unused('message', definitions.messages, 'Сообщение')
  unused('document', definitions.documents, 'Документ')
  unused('process', definitions.processes, 'Процесс')
  unused('series', definitions.series, 'Нумерация')
  unused('event', definitions.events, 'Событие')
  for (const { id, newest } of definitions.events.values())
    if (newest !== undefined && !used.has(`event ${id}`))
      report(newest, 11, `Событие «${id}» нигде не используется`, 'Уберите его и отсюда')
  const words = new Set([
    ...expressionsOf(definitions).flatMap(({ cel }) => [...cel.matchAll(/policy\.(\w+)/g)].map(([, field]) => field)),
    ...[...definitions.messages.values()].flatMap(({ text }) =>
      [...text.matchAll(/policy\.(\w+)/g)].map(([, field]) => field),
    ),
    ...[...definitions.kpis.values()].flatMap(({ formula }) =>
      [...formula.cel.matchAll(/policy\.(\w+)/g)].map(([, field]) => field),
    ),
    ...[...definitions.pipelines.values()].flatMap(({ stages }) => stages.map(({ weekPlan }) => weekPlan?.name)),
    ...OUTSIDE_POLICY,
  ])
  for (const [id, { pos }] of definitions.policy)
    if (!words.has(id))
      report(pos, 11, `Число политики «${id}» нигде не используется`, 'Уберите его или впишите в условие')
}

/** Read by the zone watcher, not by an expression. */
const OUTSIDE_POLICY = ['zoneExitFixes', 'zoneMarginM']

/** Check 13: every recipient exists. */
export function checkPeople(definitions: Definitions, sites: readonly Site[], report: Report): void {
  const { roles, groups } = definitions.org
  const role = (at: Named) => {
    if (!roles.has(at.name))
      report(
        at.pos,
        13,
        `Нет роли «${at.name}»`,
        `Роли: ${[...roles.keys()].join(', ')}${nearest(at.name, [...roles.keys()])}`,
      )
  }
  const person = (given: Who | undefined, site?: Pick<Site, 'scope'>) => {
    if (given === undefined) return
    if (given.kind === 'role') role(given)
    if (given.kind === 'group' && !groups.has(given.name))
      report(given.pos, 13, `Нет группы «${given.name}»`, `Группы: ${[...groups.keys()].join(', ')}`)
    if (given.kind === 'name') {
      const bound = site?.scope.bound.has(given.name) === true
      const read = site?.scope.reads.some(({ name }) => name === given.name) === true
      if (!bound && !read && !roles.has(given.name) && !definitions.entities.has(given.name))
        report(
          given.pos,
          13,
          `Кто такой «${given.name}», не сказано`,
          'Назовите роль, role:x, group:x или имя, связанное через as',
        )
    }
    if (given.kind === 'field') {
      const [entity = '', field = ''] = given.path.split('.')
      if (definitions.entities.get(entity)?.fields.has(field) !== true)
        report(given.pos, 13, `Нет поля «${given.path}»`, 'Назовите поле карточки, где записан человек')
    }
  }
  for (const site of sites)
    for (const one of flattened(site.actions)) {
      if (one.kind === 'send' || one.kind === 'screen') person(one.to, site)
      if (one.kind === 'task') {
        person(one.to, site)
        for (const watcher of one.watchers) person(watcher, site)
      }
      if (one.kind === 'spawn' || one.kind === 'create') person(one.owner, site)
      if (one.kind === 'telephony') person(one.transfer, site)
    }
  for (const process of definitions.processes.values()) {
    const site = {
      scope: { bound: boundIn(process), reads: process.read, card: undefined, event: undefined, answer: undefined },
    }
    for (const at of process.start?.who ?? []) role(at)
    for (const { body } of process.steps) {
      if (body.kind === 'ask') {
        person(body.ask.who, site)
        if (body.ask.pickFrom !== undefined) role(body.ask.pickFrom.role)
      }
      if (body.kind === 'acknowledge') person(body.acknowledge.who, site)
      if (body.kind === 'first_response') person(body.firstResponse.of, site)
      if (body.kind === 'remind') for (const one of body.remind.who) person(one, site)
    }
  }
  for (const task of definitions.tasks.values()) {
    person(task.for)
    for (const pick of task.pick.values()) role(pick.role)
    for (const outcome of task.outcomes) if (outcome.whoOnly !== undefined) role(outcome.whoOnly)
  }
  for (const pipeline of definitions.pipelines.values())
    for (const stage of pipeline.stages) for (const reaction of stage.when) for (const at of reaction.who) role(at)
  for (const group of groups.values()) for (const at of group.of) role(at)
  for (const workplace of definitions.org.workplaces.values()) role(workplace.who)
  for (const resource of definitions.org.resources.values()) if (resource.role !== undefined) role(resource.role)
}

/** Checks 12 and 9: tasks that can be closed, steps that lead somewhere. */
export function checkSteps(definitions: Definitions, report: Report): void {
  for (const task of definitions.tasks.values()) {
    if (task.outcomes.length === 0)
      report(
        task.pos,
        12,
        `У задачи «${task.id}» нет результатов`,
        'Добавьте outcomes: задача закрывается только выбором результата',
      )
    if (task.for === undefined) report(task.pos, 12, `Не сказано, чья задача «${task.id}»`, 'Добавьте for')
    if ((task.due === undefined) === (task.dueAt === undefined))
      report(task.pos, 12, `У задачи «${task.id}» должен быть один срок`, 'Оставьте due или due_at')
    const ids = task.outcomes.map(({ id }) => id)
    for (const [index, outcome] of task.outcomes.entries())
      if (ids.indexOf(outcome.id) !== index)
        report(outcome.pos, 12, `Результат «${outcome.id}» описан дважды`, 'Дайте другое имя')
  }
  for (const pipeline of definitions.pipelines.values())
    for (const stage of pipeline.stages)
      for (const { event } of stage.when) {
        if (event.kind !== 'done' || event.outcome === undefined) continue
        const outcomes = definitions.tasks.get(event.task.name)?.outcomes.map(({ id }) => id)
        if (outcomes !== undefined && !outcomes.includes(event.outcome.name))
          report(
            event.outcome.pos,
            10,
            `У задачи «${event.task.name}» нет результата «${event.outcome.name}»`,
            `Результаты: ${outcomes.join(', ')}`,
          )
      }
  for (const process of definitions.processes.values()) {
    const ids = process.steps.map(({ id }) => id)
    const target = (at: Named) => {
      if (at.name !== 'end' && !ids.includes(at.name))
        report(at.pos, 9, `Нет шага «${at.name}»`, `Шаги: ${ids.join(', ')}, end${nearest(at.name, ids)}`)
    }
    for (const [index, step] of process.steps.entries()) {
      if (ids.indexOf(step.id) !== index) report(step.pos, 2, `Шаг «${step.id}» описан дважды`, 'Дайте другое имя')
      const { goto: way, body } = step
      if (way !== undefined && 'step' in way) target(way.step)
      if (way !== undefined && 'byOption' in way) for (const at of way.byOption.values()) target(at)
      if (body.kind === 'branch') for (const line of body.lines) if (line.goto !== undefined) target(line.goto)
      if (body.kind === 'remind' && body.remind.endsWith !== undefined) target(body.remind.endsWith)
      if (body.kind === 'ask') {
        const byOption = way !== undefined && 'byOption' in way ? way.byOption : undefined
        for (const option of body.ask.options) {
          if (option.goto !== undefined) target(option.goto)
          if (byOption !== undefined && !byOption.has(option.id) && option.goto === undefined)
            report(option.pos, 9, `Ответ «${option.title}» никуда не ведёт`, `Добавьте ${option.id} в goto`)
        }
        for (const [id, at] of byOption ?? [])
          if (!body.ask.options.some((option) => option.id === id))
            report(at.pos, 9, `Нет ответа «${id}»`, `Ответы: ${body.ask.options.map((option) => option.id).join(', ')}`)
      }
    }
  }
}
