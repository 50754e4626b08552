import type { Machine } from '../engine/machine.ts'
import type { Pipeline } from '../notation/pipeline.ts'
import { type Asked, type Report, rowsOfEach, stagesOf, tableOf } from './asked.ts'
import type { FunnelStore } from './funnel-store.ts'
import { before, type Period } from './period.ts'
import type { ReportStore } from './report-store.ts'
import type { Pivot, ResultStore } from './result-store.ts'
import { type ReportCell, share } from './table.ts'
import { type TerminalLine, workTime } from './work-time.ts'

type Deps = {
  readonly funnels: FunnelStore
  readonly reports: ReportStore
  readonly results: ResultStore
  /** Open cards by stage, now. */
  readonly counts: (pipeline: string) => Promise<readonly { readonly stage: string; readonly count: number }[]>
}

/** Steps of the work-time terminal, by task and outcome. */
const TERMINAL: Readonly<Record<string, TerminalLine['what']>> = {
  'c_start.start': 'start',
  'c_work.pause': 'pause',
  'c_work.done': 'done',
  c_resume: 'resume',
}
/** Pure. What a code means by the file that runs now; without a code the words that were written. */
const reasonOf = (
  machine: Machine,
  pipeline: Pipeline,
  { code, need }: { readonly code: string | null; readonly need: string | null },
): string => {
  const codes = machine.definitions.entities.get(pipeline.card.name)?.fields.get('reasonCode')?.codes
  return code === null ? (need ?? 'не указана') : (codes?.get(code) ?? code)
}
const kopecks = (sum: number): ReportCell => ({ kopecks: Math.round(sum) })

/** Reports of what work has brought: sums, reasons, quality, the owner's seven numbers. */
export function createResultReports({ funnels, reports, results, counts }: Deps) {
  const endsOf = (one: Pipeline): readonly string[] => [...stagesOf(one, 'won'), ...stagesOf(one, 'lost')]

  const sums: Report = async ({ pipelines, period }) =>
    tableOf(
      ['funnel', 'inWork', 'inWorkSum', 'won', 'wonSum', 'lost', 'lostSum'],
      await rowsOfEach(
        pipelines.filter((one) => endsOf(one).length > 0),
        async (one) => {
          const [work, won, lost] = await Promise.all([
            results.inWork(one.id, period.to, endsOf(one)),
            results.ended(one.id, period, stagesOf(one, 'won')),
            results.ended(one.id, period, stagesOf(one, 'lost')),
          ])
          if (work.count + won.count + lost.count === 0) return []
          const row: readonly ReportCell[] = [
            one.title,
            work.count,
            kopecks(work.sum),
            won.count,
            kopecks(won.sum),
            lost.count,
            kopecks(lost.sum),
          ]
          return [row]
        },
      ),
      ['funnel', 'wonSum'],
    )

  const losses: Report = async ({ machine, pipelines, period }) =>
    tableOf(
      ['funnel', 'stage', 'reason', 'cards', 'sum'],
      await rowsOfEach(pipelines, async (one) =>
        (await results.losses(one.id, period, stagesOf(one, 'lost'))).map((row): readonly ReportCell[] => [
          one.title,
          machine.stage(one.id, row.stage)?.title ?? row.stage,
          row.reason ?? 'не указана',
          row.count,
          kopecks(row.sum),
        ]),
      ),
      ['reason', 'cards'],
    )

  const profit: Report = async ({ pipelines, named, period, by }) => {
    const chosen = pipelines.filter(({ id }) => id === (named ?? 'c_service'))
    return tableOf(
      ['value', 'cards', 'income', 'ad', 'parts', 'works', 'profit', 'margin'],
      await rowsOfEach(chosen, async (one) =>
        (await results.pivot(one.id, period, stagesOf(one, 'won'), pivotOf(by))).map((row): readonly ReportCell[] => {
          const left = row.paid - row.ad - row.parts - row.work
          return [
            row.value ?? 'не указано',
            row.cards,
            kopecks(row.paid),
            kopecks(row.ad),
            kopecks(row.parts),
            kopecks(row.work),
            kopecks(left),
            share(left, row.paid),
          ]
        }),
      ),
      ['value', 'profit'],
    )
  }

  const lowOf = ({ machine }: Asked): number => {
    const bad = machine.policy['badScore']
    return typeof bad === 'number' || typeof bad === 'bigint' ? Number(bad) : 3
  }
  const quality: Report = async (asked) =>
    tableOf(
      ['funnel', 'answers', 'average', 'low', 'handled', 'share'],
      await rowsOfEach(asked.pipelines, async (one) => {
        const found = await results.quality(one.id, asked.period, lowOf(asked))
        return found.answers === 0
          ? []
          : [
              [
                one.title,
                found.answers,
                tenths(found.average),
                found.low,
                found.handled,
                share(found.handled, found.low),
              ],
            ]
      }),
      ['funnel', 'average'],
    )

  const onTime: Report = async ({ machine, named, period }) =>
    tableOf(
      ['task', 'done', 'late', 'onTime'],
      (await results.onTime(period, named)).map((row) => [
        machine.template(row.template)?.title ?? row.template,
        row.done,
        row.late,
        share(row.done - row.late, row.done),
      ]),
      ['task', 'onTime'],
    )

  const terminal: Report = async ({ period }) => {
    const { lines, names } = await results.terminal(period, TERMINAL)
    return tableOf(
      ['person', 'cards', 'net', 'waiting', 'netShare'],
      workTime(lines).people.map(({ person, cards, netMs, waitMs }) => [
        names.get(person) ?? person,
        cards,
        { span: netMs },
        { span: waitMs },
        share(netMs, netMs + waitMs),
      ]),
      ['person', 'net'],
    )
  }
  const waiting: Report = async ({ period }) =>
    tableOf(
      ['reason', 'times', 'waiting'],
      workTime((await results.terminal(period, TERMINAL)).lines).reasons.map(({ reason, times, waitMs }) => [
        reason === '' ? 'не указана' : reason,
        times,
        { span: waitMs },
      ]),
      ['reason', 'waiting'],
    )

  /** Few ahead: advertise; many: the shop cannot cope. How things stand now, so it has no period. */
  const bands: Report = async ({ pipelines }) =>
    tableOf(
      ['funnel', 'stage', 'count', 'band', 'turn'],
      await rowsOfEach(pipelines, async (one) => {
        const standing = new Map((await counts(one.id)).map(({ stage, count }) => [stage, Number(count)]))
        return one.stages.flatMap(({ id, title, band }): readonly ReportCell[][] => {
          if (band === undefined) return []
          const count = standing.get(id) ?? 0
          const turn =
            band.low !== undefined && count < band.low
              ? 'мало'
              : band.high !== undefined && count > band.high
                ? 'много'
                : ''
          return [[one.title, title, count, `${band.low ?? 0}–${band.high ?? '∞'}`, turn]]
        })
      }),
      ['stage', 'count'],
    )

  const reasons: Report = async ({ machine, pipelines, named, period }) =>
    tableOf(
      ['factory', 'model', 'code', 'reason', 'kind', 'cards'],
      await rowsOfEach(
        pipelines.filter(({ id }) => id === (named ?? 'work_orders')),
        async (one) =>
          (await results.reasons(one.id, period)).map((row): readonly ReportCell[] => [
            row.factory ?? 'не указан',
            row.model ?? 'не указана',
            row.code ?? '',
            reasonOf(machine, one, row),
            KINDS[row.kind ?? ''] ?? row.kind ?? '',
            row.cards,
          ]),
      ),
      ['reason', 'cards'],
    )

  /** Seven numbers, each beside the same time before, each opening what it was made of. */
  const owner: Report = async (asked) => {
    const figures = async (period: Period) => {
      const each = await Promise.all(
        asked.pipelines.map(async (one) => ({
          born: await funnels.born(one.id, period),
          won: await results.ended(one.id, period, stagesOf(one, 'won')),
          lost: await results.ended(one.id, period, stagesOf(one, 'lost')),
          over: [...(await reports.stages(one.id, period)).overruns.values()].reduce((sum, count) => sum + count, 0),
          quality: await results.quality(one.id, period, lowOf(asked)),
        })),
      )
      const sum = (of: (one: (typeof each)[number]) => number): number => each.reduce((all, one) => all + of(one), 0)
      const tasks = await results.onTime(period, asked.named)
      const done = tasks.reduce((all, row) => all + row.done, 0)
      const late = tasks.reduce((all, row) => all + row.late, 0)
      const [won, lost, answers] = [
        sum((one) => one.won.count),
        sum((one) => one.lost.count),
        sum((one) => one.quality.answers),
      ]
      const scored = sum((one) => (one.quality.average ?? 0) * one.quality.answers)
      const cells: readonly ReportCell[] = [
        sum((one) => one.born),
        won,
        kopecks(sum((one) => one.won.sum)),
        share(won, won + lost),
        share(done - late, done),
        sum((one) => one.over),
        answers === 0 ? null : tenths(scored / answers),
      ]
      return cells
    }
    const [now, then] = await Promise.all([figures(asked.period), figures(before(asked.period))])
    return tableOf(
      ['number', 'now', 'before'],
      SEVEN.map(([report, title], index) => [{ report, title }, now[index] ?? null, then[index] ?? null]),
    )
  }

  return {
    sums,
    losses,
    profit,
    quality,
    'on-time': onTime,
    'work-time': terminal,
    waiting,
    bands,
    reasons,
    owner,
  }
}

const SEVEN = [
  ['conversions', 'Новых карточек'],
  ['sums', 'Успешно закрыто'],
  ['sums', 'Сумма успешных'],
  ['losses', 'Успешных из закрытых'],
  ['on-time', 'Задач в срок'],
  ['stages', 'Превышений срока этапа'],
  ['quality', 'Средняя оценка'],
] as const
const KINDS: Readonly<Record<string, string>> = { repair: 'Ремонт', maintenance: 'Обслуживание' }
const tenths = (score: number | null): ReportCell => (score === null ? null : Math.round(score * 10) / 10)
const pivotOf = (by: string | undefined): Pivot =>
  by === 'source' || by === 'make' || by === 'workKind' ? by : 'adChannel'
