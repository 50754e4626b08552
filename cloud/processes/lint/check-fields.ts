import type { Definitions } from '../notation/definitions.ts'
import type { Report } from '../notation/problem.ts'
import { type Named, nearest } from '../notation/reader.ts'
import { isCel, misfit, type Plain } from '../notation/value.ts'
import { fieldsOfAction, type PlacedField } from './expressions.ts'
import { CARD_FIELDS, resolvePath, type Scope } from './scope.ts'
import { flattened, type Site, type Usage } from './sites.ts'

/** Words that `show` knows besides fields. */
const SHOWN = ['last_comment']

/** Checks 8 and 18: fields exist, literals fit, a born card has what its stage asks for. */
export function checkFields(definitions: Definitions, sites: readonly Site[], usage: Usage, report: Report): void {
  const known = (base: string | undefined, { name, pos }: Named) => {
    if (resolvePath(definitions, base, name) === undefined) missing(definitions, base, name, pos, report)
  }
  for (const pipeline of definitions.pipelines.values())
    for (const stage of pipeline.stages) {
      for (const at of [
        ...stage.needIn,
        ...stage.needOut,
        ...(stage.asksClient === undefined ? [] : [stage.asksClient]),
      ])
        known(pipeline.card.name, at)
      for (const { event } of stage.when)
        if (event.kind === 'changed') for (const at of event.paths) known(pipeline.card.name, at)
    }
  for (const process of definitions.processes.values()) {
    for (const at of process.start?.form ?? []) known(process.card.name, at)
    for (const { body } of process.steps) {
      if (body.kind === 'ask') {
        for (const at of body.ask.form) known(process.card.name, at)
        for (const at of body.ask.show) if (!SHOWN.includes(at.name)) known(process.card.name, at)
      }
      if (body.kind === 'acknowledge') for (const at of body.acknowledge.form) known(process.card.name, at)
    }
  }
  for (const task of definitions.tasks.values()) {
    const cards = new Set(
      [...(usage.tasks.get(task.id) ?? [])].flatMap((id) => definitions.pipelines.get(id)?.card.name ?? []),
    )
    const any = (at: Named) => {
      if (![...cards].some((card) => resolvePath(definitions, card, at.name) !== undefined)) known([...cards][0], at)
    }
    if (cards.size === 0) continue
    for (const at of [...task.form, ...task.show]) any(at)
    for (const outcome of task.outcomes) for (const at of outcome.need) any(at)
  }
  for (const document of definitions.documents.values()) for (const at of document.need) known('deal', at)
  for (const site of sites)
    for (const one of flattened(site.actions)) {
      for (const field of fieldsOfAction(definitions, one, site.scope)) checkField(definitions, field, report)
      if (one.kind === 'spawn' || one.kind === 'create') {
        const target = definitions.pipelines.get(one.pipeline.name)
        const stage = target?.stages.find(({ id }) => id === one.stage.name)
        if (target === undefined)
          report(
            one.pipeline.pos,
            10,
            `Нет воронки «${one.pipeline.name}»`,
            `Воронки: ${[...definitions.pipelines.keys()].join(', ')}`,
          )
        else if (stage === undefined)
          report(
            one.stage.pos,
            6,
            `Нет этапа «${one.stage.name}» в воронке «${target.id}»`,
            `Этапы: ${target.stages.map(({ id }) => id).join(', ')}`,
          )
        const given = new Set([
          ...one.set.map(({ path }) => path.split('.').at(-1)),
          ...one.link.map(({ name }) => name),
        ])
        for (const need of stage?.needIn ?? [])
          if (!given.has(need.name))
            report(
              one.pos,
              18,
              `Новой карточке не дано поле «${need.name}», без него на этап «${stage?.title ?? ''}» не войти`,
              'Добавьте его в set или в link',
            )
      }
      if (one.kind === 'grant' && !definitions.entities.has(one.of.name))
        report(
          one.of.pos,
          8,
          `Нет вида карточек «${one.of.name}»`,
          'Разрешение выдаётся машине, водителю или другой карточке',
        )
    }
  checkReads(definitions, report)
  checkPolicy(definitions, report)
}

function missing(
  definitions: Definitions,
  base: string | undefined,
  path: string,
  pos: Named['pos'],
  report: Report,
): void {
  const entity = path.includes('.') ? path.split('.')[0] : base
  const known = [...(definitions.entities.get(entity ?? '')?.fields.keys() ?? []), ...CARD_FIELDS.keys()]
  report(
    pos,
    8,
    `Нет поля «${path}»${entity === undefined ? '' : ` у «${entity}»`}`,
    `Опишите его в entities или исправьте имя${nearest(path.split('.').at(-1) ?? path, known)}`,
  )
}

function checkField(definitions: Definitions, field: PlacedField, report: Report): void {
  const found = resolvePath(definitions, field.base, field.path)
  if (found === undefined) missing(definitions, field.base, field.path, field.pos, report)
  else if (field.value !== undefined && !isCel(field.value)) {
    const type = field.joins ? { of: found.type.of, list: false } : found.type
    const why = misfit(field.value.literal, type)
    if (why !== undefined)
      report(field.value.pos, 8, `Значение не подходит полю «${field.path}»: ${why}`, 'Исправьте значение')
  }
}

function checkReads(definitions: Definitions, report: Report): void {
  const blocks: readonly { readonly reads: Scope['reads'] }[] = [
    ...[...definitions.pipelines.values()].flatMap(({ stages }) => stages.map(({ read }) => ({ reads: read }))),
    ...[...definitions.processes.values()].map(({ read }) => ({ reads: read })),
    ...[...definitions.rules.values()].map(({ read }) => ({ reads: read })),
  ]
  for (const { value: read } of blocks.flatMap(({ reads }) => reads)) {
    if (read.kind === 'find') {
      const target = definitions.pipelines.get(read.pipeline?.name ?? '')
      if (read.pipeline !== undefined && target === undefined)
        report(
          read.pipeline.pos,
          10,
          `Нет воронки «${read.pipeline.name}»`,
          `Воронки: ${[...definitions.pipelines.keys()].join(', ')}`,
        )
      if (read.entity !== undefined && !definitions.entities.has(read.entity.name))
        report(
          read.entity.pos,
          10,
          `Нет вида карточек «${read.entity.name}»`,
          `Бывают: ${[...definitions.entities.keys()].join(', ')}`,
        )
      if (read.stage !== undefined && target !== undefined && !target.stages.some(({ id }) => id === read.stage?.name))
        report(
          read.stage.pos,
          6,
          `Нет этапа «${read.stage.name}»`,
          `Этапы: ${target.stages.map(({ id }) => id).join(', ')}`,
        )
      const base = read.entity?.name ?? target?.card.name
      for (const { path, pos, value } of read.match)
        checkField(
          definitions,
          {
            path,
            pos,
            value,
            base,
            joins: false,
            scope: { card: base, event: undefined, answer: undefined, reads: [], bound: new Set() },
          },
          report,
        )
    }
    const of = 'of' in read ? read.of : undefined
    if (of !== undefined && !definitions.entities.has(of.name))
      report(of.pos, 10, `Нет вида карточек «${of.name}»`, `Бывают: ${[...definitions.entities.keys()].join(', ')}`)
  }
  for (const rule of definitions.rules.values()) {
    const target = definitions.pipelines.get(rule.for?.pipeline?.name ?? '')
    if (rule.for?.pipeline !== undefined && target === undefined)
      report(
        rule.for.pipeline.pos,
        10,
        `Нет воронки «${rule.for.pipeline.name}»`,
        `Воронки: ${[...definitions.pipelines.keys()].join(', ')}`,
      )
    for (const stage of rule.for?.stage ?? [])
      if (target !== undefined && !target.stages.some(({ id }) => id === stage.name))
        report(stage.pos, 6, `Нет этапа «${stage.name}»`, `Этапы: ${target.stages.map(({ id }) => id).join(', ')}`)
    if (rule.event?.kind === 'changed') {
      const base = rule.for?.entity?.name ?? target?.card.name
      for (const at of rule.event.paths)
        if (resolvePath(definitions, base, at.name) === undefined) missing(definitions, base, at.name, at.pos, report)
    }
  }
}

function checkPolicy(definitions: Definitions, report: Report): void {
  const number = (plain: Plain | undefined): number | undefined => (typeof plain === 'number' ? plain : undefined)
  for (const { id, pos, type, value, min, max } of definitions.policy.values()) {
    const why = type.of === 'duration' ? undefined : misfit(value, type)
    if (why !== undefined) report(pos, 8, `Значение «${id}» не подходит своему типу: ${why}`, 'Исправьте значение')
    const [least, most, own] = [number(min), number(max), number(value)]
    if (own !== undefined && ((least !== undefined && own < least) || (most !== undefined && own > most)))
      report(pos, 8, `Значение «${id}» за своими пределами`, 'Исправьте value, min или max')
  }
}
