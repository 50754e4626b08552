import type { EpochMs } from '#contract/instant.ts'
import { type Day, DayTime, momentOf } from '../calendar/moscow-day.ts'
import type { Fact } from '../expressions/fact-type.ts'
import type { InspectionView } from '../inspections/inspection-view.ts'
import type { FactsOf } from './house-facts.ts'

type Known = {
  readonly visit: Pick<InspectionView, 'dueKm' | 'dueOn' | 'postponed' | 'lastDoneOn'> | undefined
  readonly papers: Readonly<Record<string, Day | undefined>>
  readonly odometer: { readonly km: number; readonly readAt: EpochMs } | undefined
}

const MIDNIGHT = DayTime.parse('00:00')

/** Pure. What rules know of a car's upkeep; what nobody has entered or read is left out. An old odometer still counts: it only grows. */
export function upkeepFacts({ visit, papers, odometer }: Known): FactsOf {
  const facts: Record<string, Fact> = {}
  for (const [paper, day] of Object.entries(papers)) if (day !== undefined) facts[paper] = momentOf(day, MIDNIGHT)
  if (visit !== undefined) {
    facts['postponed'] = visit.postponed
    if (visit.dueKm !== null) facts['inspectionDueKm'] = visit.dueKm
    if (visit.lastDoneOn !== null) facts['inspectionDoneOn'] = momentOf(visit.lastDoneOn, MIDNIGHT)
    if (visit.dueOn !== null) facts['inspectionDueOn'] = momentOf(visit.dueOn, MIDNIGHT)
  }
  if (odometer === undefined) return { facts }
  return { facts: { ...facts, odometerKm: Math.floor(odometer.km) }, asOf: { odometerKm: odometer.readAt } }
}
