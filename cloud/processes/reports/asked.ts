import type { Machine } from '../engine/machine.ts'
import type { Pipeline } from '../notation/pipeline.ts'
import type { Period } from './period.ts'
import type { ReportCell, ReportTable } from './table.ts'

/** What a report is asked about. */
export type Asked = {
  readonly machine: Machine
  /** The one that was named, or all. */
  readonly pipelines: readonly Pipeline[]
  readonly named: string | undefined
  readonly period: Period
  /** The stage that it is all for; of the report on effort. */
  readonly stage: string | undefined
  /** The field that income and cost are turned by. */
  readonly by: string | undefined
}
export type Report = (asked: Asked) => Promise<ReportTable>

/** Titles of columns, as they stand in a file and on a Russian screen. */
const TITLES = {
  funnel: 'Воронка',
  stage: 'Этап',
  entered: 'Вошло',
  forward: 'Прошло дальше',
  lost: 'Отказ',
  overruns: 'Превышений',
  median: 'Медиана',
  p90: '90 % случаев',
  reached: 'Дошло',
  share: 'Доля',
  step: 'От предыдущего',
  day: 'День',
  person: 'Сотрудник',
  task: 'Задача',
  done: 'Закрыто',
  late: 'С опозданием',
  onTime: 'В срок',
  alone: 'Без человека',
  card: 'Карточка',
  when: 'Когда',
  kind: 'Вид',
  why: 'Почему',
  first: 'До первого действия',
  cards: 'Карточек',
  won: 'Успешно',
  wonSum: 'Сумма успешных',
  lostSum: 'Сумма отказов',
  inWork: 'В работе',
  inWorkSum: 'Сумма в работе',
  conversion: 'Конверсия',
  work: 'Работа людей',
  perReach: 'Работы на один результат',
  reason: 'Причина',
  sum: 'Сумма',
  value: 'Значение',
  income: 'Доход',
  ad: 'Реклама',
  parts: 'Запчасти',
  works: 'Работы',
  profit: 'Прибыль',
  margin: 'Рентабельность',
  answers: 'Оценок',
  average: 'Средняя оценка',
  low: 'Низких',
  handled: 'Разобрано за сутки',
  net: 'Чистая работа',
  waiting: 'Ожидание',
  netShare: 'Доля работы',
  times: 'Раз',
  number: 'Показатель',
  now: 'За период',
  before: 'Перед этим',
  factory: 'Завод',
  model: 'Модель',
  code: 'Код',
  count: 'Сейчас',
  band: 'Коридор',
  turn: 'Что делать',
  week: 'Эта неделя',
  weekBefore: 'Неделя назад',
  change: 'Разница',
  conversionBefore: 'Конверсия неделю назад',
  plan: 'План',
  ofPlan: 'От плана',
  month: 'Месяц',
  kpi: 'Показатель',
  counted: 'Посчитано',
  bonus: 'Итог',
} as const
export type ColumnId = keyof typeof TITLES

/** Pure. */
export const tableOf = (
  columns: readonly ColumnId[],
  rows: readonly (readonly ReportCell[])[],
  chart: readonly [label: ColumnId, value: ColumnId] | null = null,
): ReportTable => ({
  columns: columns.map((id) => ({ id, title: TITLES[id] })),
  rows,
  chart: chart === null ? null : { label: chart[0], value: chart[1] },
})

/** Pure. Stages of a kind. */
export const stagesOf = (pipeline: Pipeline, type: 'open' | 'won' | 'lost'): readonly string[] =>
  pipeline.stages.filter((stage) => stage.type === type).map(({ id }) => id)

/** Rows of each pipeline, one after the other. */
export const rowsOfEach = async <Row>(
  pipelines: readonly Pipeline[],
  rows: (pipeline: Pipeline) => Promise<readonly Row[]>,
): Promise<readonly Row[]> => (await Promise.all(pipelines.map(rows))).flat()
