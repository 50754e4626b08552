import { type Report, rowsOfEach, stagesOf, tableOf } from './asked.ts'
import type { FunnelStore } from './funnel-store.ts'
import { kpiLines } from './kpi.ts'
import type { Period } from './period.ts'
import type { ReportStore } from './report-store.ts'
import { type ReportCell, share } from './table.ts'
import { weeksOf } from './week.ts'

type Deps = { readonly funnels: FunnelStore; readonly reports: ReportStore }

/** Reports of how cards go through their pipelines. */
export function createFunnelReports({ funnels, reports }: Deps) {
  const stages: Report = async ({ pipelines, period }) =>
    tableOf(
      ['funnel', 'stage', 'entered', 'forward', 'lost', 'overruns', 'median', 'p90'],
      await rowsOfEach(pipelines, async (one) => {
        const [passages, { times, overruns }] = await Promise.all([
          funnels.passages(one.id, period),
          reports.stages(one.id, period),
        ])
        const lost = new Set(stagesOf(one, 'lost'))
        const count = (which: (row: { from: string; to: string }) => boolean): number =>
          passages.filter(which).reduce((sum, row) => sum + row.count, 0)
        return one.stages.flatMap(({ id, title }): readonly ReportCell[][] => {
          const entered = count(({ to }) => to === id)
          const gone = count(({ from }) => from === id)
          const over = overruns.get(id) ?? 0
          if (entered + gone + over === 0) return []
          const refused = count(({ from, to }) => from === id && lost.has(to))
          const time = times.get(id)
          const span = (ms: number | undefined): ReportCell => (ms === undefined ? null : { span: ms })
          return [[one.title, title, entered, gone - refused, refused, over, span(time?.medianMs), span(time?.p90Ms)]]
        })
      }),
      ['stage', 'overruns'],
    )

  const conversions: Report = async ({ pipelines, period }) =>
    tableOf(
      ['funnel', 'stage', 'reached', 'share', 'step'],
      await rowsOfEach(pipelines, async (one) => {
        const [all, reached] = await Promise.all([funnels.born(one.id, period), funnels.reached(one.id, period)])
        let previous = all
        return one.stages.flatMap(({ id, title, type }): readonly ReportCell[][] => {
          const cards = reached.get(id) ?? 0
          if (cards === 0) return []
          // More than came to the step before: cards skip it, and a share would say nothing.
          const step = cards > previous ? null : share(cards, previous)
          if (type !== 'lost') previous = cards
          return [[one.title, title, cards, share(cards, all), type === 'lost' ? null : step]]
        })
      }),
      ['stage', 'reached'],
    )

  /** Call → visit → done → feedback, whatever pipelines these stand in. */
  const chain: Report = async ({ machine, pipelines, named, period }) => {
    const first = pipelines.find(({ id }) => id === (named ?? 'first_contact'))
    if (first === undefined) return tableOf(['funnel', 'stage', 'reached', 'share'], [])
    const [all, reached] = await Promise.all([funnels.born(first.id, period), funnels.reachedAlong(first.id, period)])
    // Spawned pipelines in the order in which cards come to them.
    const order = [first, ...machine.definitions.pipelines.values()].filter(
      ({ id }, index, list) =>
        list.findIndex((other) => other.id === id) === index && reached.some(({ pipeline }) => pipeline === id),
    )
    const rows = order
      .toSorted((a, b) => depthOf(a.id) - depthOf(b.id))
      .flatMap((one) =>
        one.stages.flatMap(({ id, title }): readonly ReportCell[][] => {
          const cards = reached.find((row) => row.pipeline === one.id && row.stage === id)?.cards ?? 0
          return cards === 0 ? [] : [[one.title, title, cards, share(cards, all)]]
        }),
      )
    return tableOf(['funnel', 'stage', 'reached', 'share'], rows, ['stage', 'reached'])

    function depthOf(id: string): number {
      const most = Math.max(0, ...reached.filter(({ pipeline }) => pipeline === id).map(({ cards }) => cards))
      return id === first?.id ? Number.NEGATIVE_INFINITY : -most
    }
  }

  const people: Report = async ({ pipelines, period }) =>
    tableOf(
      ['funnel', 'person', 'cards', 'first', 'won', 'lost', 'conversion'],
      await rowsOfEach(pipelines, async (one) => {
        const ends = { won: stagesOf(one, 'won'), lost: stagesOf(one, 'lost') }
        return (await funnels.byPerson(one.id, period, ends)).map((row): readonly ReportCell[] => [
          one.title,
          row.name ?? row.person,
          row.cards,
          { span: row.firstMs },
          row.won,
          row.lost,
          share(row.won, row.cards),
        ])
      }),
      ['person', 'won'],
    )

  /** Minutes of people's work for one card brought to the stage that a pipeline is for. */
  const effort: Report = async ({ machine, pipelines, named, period, stage }) => {
    const chosen = named === undefined ? pipelines.filter(({ focus }) => focus?.to !== undefined) : pipelines
    return tableOf(
      ['funnel', 'stage', 'person', 'done', 'work', 'reached', 'perReach'],
      await rowsOfEach(chosen, async (one) => {
        const target = stage ?? one.focus?.to?.name ?? stagesOf(one, 'won')[0]
        if (target === undefined) return []
        const rows = await funnels.effort(one.id, period, target)
        const title = machine.stage(one.id, target)?.title ?? target
        const line = (person: string, tasks: number, workMs: number, reached: number): readonly ReportCell[] => [
          one.title,
          title,
          person,
          tasks,
          { span: workMs },
          reached,
          reached === 0 ? null : { span: Math.round(workMs / reached) },
        ]
        if (rows.length === 0) return []
        const total = rows.reduce(
          (sum, row) => ({
            tasks: sum.tasks + row.tasks,
            workMs: sum.workMs + row.workMs,
            reached: sum.reached + row.reached,
          }),
          { tasks: 0, workMs: 0, reached: 0 },
        )
        return [
          ...rows.map((row) => line(row.name ?? row.person, row.tasks, row.workMs, row.reached)),
          line('Все', total.tasks, total.workMs, total.reached),
        ]
      }),
      ['person', 'work'],
    )
  }

  const load: Report = async ({ machine, named, period }) =>
    tableOf(
      ['day', 'person', 'task', 'done', 'late'],
      (await reports.load(period, named)).map((row) => [
        row.day,
        row.name ?? row.person,
        machine.template(row.template)?.title ?? row.template,
        row.done,
        row.late,
      ]),
      ['person', 'done'],
    )

  /** A figure of a person and a month: what was counted of him, and what its formula makes of that. */
  const kpi: Report = async ({ machine, named, period }) => {
    const deeds = await reports.deeds(period, named)
    return tableOf(
      ['month', 'person', 'kpi', 'counted', 'bonus'],
      [...machine.definitions.kpis.values()].flatMap((one) =>
        kpiLines(machine.definitions, one, machine.policy, deeds).map(
          ({ month, person, name, counts, value }): readonly ReportCell[] => [
            month,
            name ?? person,
            one.title,
            counts.map(({ title, count }) => `${title}: ${count}`).join('; '),
            value === undefined ? null : one.unit === 'money' ? { kopecks: value } : value,
          ],
        ),
      ),
      ['person', 'bonus'],
    )
  }

  /** Every step in the last week of the period, beside the week before to the same moment, and beside its plan. */
  const week: Report = async ({ machine, pipelines, period }) => {
    const { now, before } = weeksOf(period)
    const figures = async (pipeline: string, of: Period) => {
      const [passages, all, reached] = await Promise.all([
        funnels.passages(pipeline, of),
        funnels.born(pipeline, of),
        funnels.reached(pipeline, of, of.to),
      ])
      const came = (stage: string): number =>
        passages.filter(({ to }) => to === stage).reduce((sum, { count }) => sum + count, 0)
      return { came, conversion: (stage: string): ReportCell => share(reached.get(stage) ?? 0, all) }
    }
    return tableOf(
      ['funnel', 'stage', 'week', 'weekBefore', 'change', 'conversion', 'conversionBefore', 'plan', 'ofPlan'],
      await rowsOfEach(pipelines, async (one) => {
        const [own, then] = await Promise.all([figures(one.id, now), figures(one.id, before)])
        return one.stages.flatMap(({ id, title, weekPlan }): readonly ReportCell[][] => {
          const [came, had] = [own.came(id), then.came(id)]
          const set = Number(machine.policy[weekPlan?.name ?? ''] ?? 0)
          const plan = set > 0 ? set : null
          if (came + had === 0 && plan === null) return []
          return [
            [
              one.title,
              title,
              came,
              had,
              came - had,
              own.conversion(id),
              then.conversion(id),
              plan,
              plan === null ? null : share(came, plan),
            ],
          ]
        })
      }),
      ['stage', 'week'],
    )
  }

  const alone: Report = async ({ pipelines, period }) =>
    tableOf(
      ['funnel', 'done', 'alone', 'share'],
      await rowsOfEach(pipelines, async (one) => {
        const { closed, withoutPerson } = await reports.withoutPerson(one.id, period, [
          ...stagesOf(one, 'won'),
          ...stagesOf(one, 'lost'),
        ])
        return closed === 0 ? [] : [[one.title, closed, withoutPerson, share(withoutPerson, closed)]]
      }),
      ['funnel', 'alone'],
    )

  const withoutTasks: Report = async ({ machine, pipelines }) => {
    const kept = pipelines.filter(({ noCardWithoutTask }) => noCardWithoutTask).map(({ id }) => id)
    return tableOf(
      ['funnel', 'stage', 'card'],
      (await reports.withoutTasks(kept)).map((row) => [
        machine.pipeline(row.pipeline)?.title ?? row.pipeline,
        machine.stage(row.pipeline, row.stage)?.title ?? row.stage,
        { card: row.id, no: row.no },
      ]),
    )
  }

  const withoutSource: Report = async ({ machine, pipelines, period }) =>
    tableOf(
      ['funnel', 'stage', 'card', 'when'],
      await rowsOfEach(
        pipelines.filter(({ card }) => card.name === 'deal'),
        async (one) =>
          (await funnels.withoutSource(one.id, period)).map((row): readonly ReportCell[] => [
            one.title,
            machine.stage(one.id, row.stage)?.title ?? row.stage,
            { card: row.id, no: row.no },
            { time: Number(row.at) },
          ]),
      ),
    )

  const between: Report = async ({ period }) =>
    tableOf(
      ['person', 'done', 'median', 'p90'],
      (await reports.betweenTasks(period)).map((row) => [
        row.name ?? row.person,
        row.tasks,
        { span: row.medianMs },
        { span: row.p90Ms },
      ]),
      ['person', 'median'],
    )

  const refused: Report = async ({ machine, named, period }) =>
    tableOf(
      ['when', 'card', 'stage', 'why'],
      (await reports.refused(period))
        .filter(({ pipeline }) => named === undefined || pipeline === named)
        .map((row) => [
          { time: row.at },
          { card: row.card, no: row.no },
          machine.stage(row.pipeline, row.stage)?.title ?? row.stage,
          whyOf(row.change),
        ]),
    )

  return {
    stages,
    conversions,
    week,
    kpi,
    chain,
    people,
    effort,
    load,
    'without-person': alone,
    'without-tasks': withoutTasks,
    'without-source': withoutSource,
    'between-tasks': between,
    refused,
  }
}

function whyOf(change: Record<string, unknown>): string {
  const missing = [change['missing']].flat().filter((part) => typeof part === 'string')
  const why = [change['why']].flat().filter((part) => typeof part === 'string')
  const what = typeof change['what'] === 'string' ? change['what'] : ''
  if (why.length > 0) return why.join('; ')
  return missing.length > 0 ? `нет данных: ${missing.join(', ')}` : what
}
