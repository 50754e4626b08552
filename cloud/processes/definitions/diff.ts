import type { Action } from '../notation/action.ts'
import type { Definitions } from '../notation/definitions.ts'
import type { Pipeline, Stage } from '../notation/pipeline.ts'

/** Pure. What has changed between two sets of definitions, in Russian sentences, one a line. */
export function diff(before: Definitions, after: Definitions): readonly string[] {
  return [
    ...compared(before.pipelines, after.pipelines, ({ title }) => `воронка «${title}»`, pipelineDiff),
    ...compared(
      before.processes,
      after.processes,
      ({ title }) => `процесс «${title}»`,
      (old, now) => [
        ...compared(
          byId(old.steps),
          byId(now.steps),
          ({ id }) => `шаг ${id} процесса «${now.title}»`,
          () => [],
        ),
        ...changedBody(
          `процесс «${now.title}»`,
          old.steps.map(({ body, goto: way }) => [body, way]),
          now.steps.map(({ body, goto: way }) => [body, way]),
        ),
      ],
    ),
    ...compared(
      before.rules,
      after.rules,
      ({ title }) => `правило «${title}»`,
      (old, now) => changedBody(`правило «${now.title}»`, old, now),
    ),
    ...compared(
      before.tasks,
      after.tasks,
      ({ title }) => `задача «${title}»`,
      (old, now) => [
        ...changedText(`Задача «${now.title}»: срок`, old.due?.text ?? old.dueAt?.cel, now.due?.text ?? now.dueAt?.cel),
        ...changedText(`Задача «${now.title}»: приоритет`, String(old.priority), String(now.priority)),
        ...compared(
          byId(old.outcomes),
          byId(now.outcomes),
          ({ title }) => `результат «${title}» задачи «${now.title}»`,
          (was, is) => changedBody(`результат «${is.title}» задачи «${now.title}»`, was, is),
        ),
      ],
    ),
    ...compared(
      before.messages,
      after.messages,
      ({ id }) => `сообщение ${id}`,
      (old, now) => [
        ...(old.text === now.text ? [] : [`Сообщение ${now.id}: было «${old.text}», стало «${now.text}»`]),
        ...((old.upload?.field.name ?? '') === (now.upload?.field.name ?? '')
          ? []
          : [
              now.upload === undefined
                ? `Сообщение ${now.id}: файл по ссылке больше не просят`
                : `Сообщение ${now.id}: по ссылке просят файл в поле ${now.upload.field.name}`,
            ]),
      ],
    ),
    ...compared(
      before.documents,
      after.documents,
      ({ title }) => `документ «${title}»`,
      (old, now) => changedBody(`документ «${now.title}»`, old, now),
    ),
    ...compared(
      before.kpis,
      after.kpis,
      ({ title }) => `показатель «${title}»`,
      (old, now) => changedText(`Показатель «${now.title}»: формула`, old.formula.cel, now.formula.cel),
    ),
    ...compared(
      before.policy,
      after.policy,
      ({ title }) => `число «${title}»`,
      (old, now) => changedText(`Число «${now.title}»`, JSON.stringify(old.value), JSON.stringify(now.value)),
    ),
    ...compared(
      before.org.roles,
      after.org.roles,
      ({ title }) => `роль «${title}»`,
      () => [],
    ),
    ...compared(
      before.entities,
      after.entities,
      ({ title }) => `вид карточек «${title}»`,
      (old, now) =>
        compared(
          old.fields,
          now.fields,
          ({ title }) => `поле «${title}» (${now.title})`,
          (was, is) => changedText(`Поле «${is.title}»: тип`, was.type.of, is.type.of),
        ),
    ),
  ]
}

const byId = <T extends { readonly id: string }>(items: readonly T[]): ReadonlyMap<string, T> =>
  new Map(items.map((item) => [item.id, item]))

function compared<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  name: (item: T) => string,
  inside: (old: T, now: T) => readonly string[],
): readonly string[] {
  return [
    ...[...after].flatMap(([id, item]) => (before.has(id) ? [] : [`Появляется ${name(item)}`])),
    ...[...before].flatMap(([id, item]) => (after.has(id) ? [] : [`Исчезает ${name(item)}`])),
    ...[...after].flatMap(([id, item]) => {
      const old = before.get(id)
      return old === undefined ? [] : inside(old, item)
    }),
  ]
}

function pipelineDiff(old: Pipeline, now: Pipeline): readonly string[] {
  const at = `Воронка «${now.title}»`
  return [
    ...changedText(`${at}: перемещения`, MOVES[old.moves], MOVES[now.moves]),
    ...changedText(`${at}: начало`, old.start.name, now.start.name),
    ...compared(
      byId(old.stages),
      byId(now.stages),
      ({ title }) => `этап «${title}» в воронке «${now.title}»`,
      stageDiff,
    ),
  ]
}
const MOVES = { free: 'на любой этап', guarded: 'по стрелкам и условиям', auto_only: 'только сами' } as const

function stageDiff(old: Stage, now: Stage): readonly string[] {
  const at = `Этап «${now.title}»`
  const names = (items: readonly { readonly name: string }[]) => items.map(({ name }) => name)
  return [
    ...changedText(`${at}: название`, old.title, now.title),
    ...changedSet(`${at}: куда можно дальше`, names(old.next), names(now.next)),
    ...changedSet(`${at}: нужно при входе`, names(old.needIn), names(now.needIn)),
    ...changedSet(`${at}: нужно при выходе`, names(old.needOut), names(now.needOut)),
    ...changedSet(
      `${at}: условия входа`,
      old.guardIn.map(({ say, if: condition }) => `${say} (${condition.cel})`),
      now.guardIn.map(({ say, if: condition }) => `${say} (${condition.cel})`),
    ),
    ...changedSet(
      `${at}: условия выхода`,
      old.guardOut.map(({ say }) => say),
      now.guardOut.map(({ say }) => say),
    ),
    ...changedText(`${at}: предел`, limitWords(old), limitWords(now)),
    ...changedText(`${at}: при входе`, old.enter.map(actionWords).join(', '), now.enter.map(actionWords).join(', ')),
    ...changedBody(at.replace('Этап', 'реакции этапа'), old.when, now.when),
  ]
}

const limitWords = ({ limit }: Stage): string | undefined =>
  limit === undefined
    ? undefined
    : `${'text' in limit.for ? limit.for.text : limit.for.cel} по календарю ${limit.clock.name}`

/** Pure. An action in a few words, for drawings and differences. */
export function actionWords(one: Action): string {
  switch (one.kind) {
    case 'task':
      return `задача ${one.use.name}`
    case 'move':
      return `перейти на ${one.stage.name}`
    case 'spawn':
    case 'create':
      return `новая карточка ${one.pipeline.name}.${one.stage.name}`
    case 'send':
      return `сообщение ${one.message.name}`
    case 'start':
      return `процесс ${one.process.name}`
    case 'make_doc':
      return `документ ${one.document.name}`
    case 'hold':
      return one.place === undefined ? `снять ${one.lift ?? ''}` : `заблокировать: ${one.place}`
    case 'emit':
      return `событие ${one.event.name}`
    case 'set':
      return `записать ${one.set.map(({ path }) => path).join(', ')}`
    default:
      return one.kind
  }
}

const changedText = (what: string, old: string | undefined, now: string | undefined): readonly string[] =>
  old === now ? [] : [`${what}: было «${old ?? 'нет'}», стало «${now ?? 'нет'}»`]

function changedSet(what: string, old: readonly string[], now: readonly string[]): readonly string[] {
  const added = now.filter((item) => !old.includes(item))
  const gone = old.filter((item) => !now.includes(item))
  return [
    ...(added.length > 0 ? [`${what}: добавлено ${added.join(', ')}`] : []),
    ...(gone.length > 0 ? [`${what}: убрано ${gone.join(', ')}`] : []),
  ]
}

/** Places do not count: a comment added above changes nothing. */
const changedBody = (what: string, old: unknown, now: unknown): readonly string[] =>
  content(old) === content(now) ? [] : [`Меняется ${what}`]
const content = (of: unknown): string =>
  JSON.stringify(of, (key, value: unknown) => (key === 'pos' ? undefined : value instanceof Map ? [...value] : value))
