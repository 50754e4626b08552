import { z } from 'zod'
import { type Day, daysBetween } from '../calendar/moscow-day.ts'

export const PaperId = z.uuid().brand<'PaperId'>()
export type PaperId = z.infer<typeof PaperId>
export const RenewalId = z.uuid().brand<'RenewalId'>()
export type RenewalId = z.infer<typeof RenewalId>

/** Диагностическая карта, ОСАГО, ОСГОП: without any of them a taxi may lose its permit. */
export const PAPER_KINDS = ['dk', 'osago', 'osgop'] as const
export const PaperKind = z.enum(PAPER_KINDS)
export type PaperKind = z.infer<typeof PaperKind>

export const PaperState = z.enum(['valid', 'ending', 'ended', 'missing'])
/** `ending`: within the days in which renewal is prepared; `missing`: no paper of this kind was ever entered. */
export type PaperState = z.infer<typeof PaperState>

export type PaperStanding = {
  readonly kind: PaperKind
  readonly state: PaperState
  /** Valid through the whole of this day. */
  readonly validUntil: Day | null
  /** Whole days after today on which it is still valid; negative once it has ended. */
  readonly daysLeft: number | null
}

/** Pure. How a paper that is valid until a day (null: there is none) stands today. */
export function paperStanding(kind: PaperKind, validUntil: Day | null, today: Day, warnDays: number): PaperStanding {
  if (validUntil === null) return { kind, state: 'missing', validUntil, daysLeft: null }
  const daysLeft = daysBetween(today, validUntil)
  const state = daysLeft < 0 ? 'ended' : daysLeft <= warnDays ? 'ending' : 'valid'
  return { kind, state, validUntil, daysLeft }
}

/** Pure. One standing for each kind; of several papers of a kind the one that ends last counts. */
export function paperStandings(
  papers: readonly { readonly kind: PaperKind; readonly validUntil: Day }[],
  today: Day,
  warnDays: number,
): readonly PaperStanding[] {
  return PAPER_KINDS.map((kind) => {
    const days = papers.filter((paper) => paper.kind === kind).map((paper) => paper.validUntil)
    return paperStanding(kind, days.toSorted().at(-1) ?? null, today, warnDays)
  })
}

/**
 * Pure. The papers because of which a vehicle is neither handed out nor handed back: each must outlive the day by more
 * than `issueDays` (requirements ). A paper that nobody entered counts as none.
 */
export const issueHindrances = (standings: readonly PaperStanding[], issueDays: number): readonly PaperStanding[] =>
  standings.filter(({ daysLeft }) => daysLeft === null || daysLeft <= issueDays)

/** Pure. The rung of the ladder (days before the end) that a paper has reached; 0 once it has ended, null before the first. */
export function ladderRung(daysLeft: number, ladder: readonly number[]): number | null {
  if (daysLeft < 0) return 0
  const reached = ladder.filter((days) => daysLeft <= days)
  return reached.length === 0 ? null : Math.min(...reached)
}

/** Names on screens and in sentences to people. */
export const PAPER_NAMES: Readonly<Record<PaperKind, string>> = { dk: 'ДК', osago: 'ОСАГО', osgop: 'ОСГОП' }

/** Pure. The sentence of a refusal. */
export function hindranceSentence({ kind, state, validUntil }: PaperStanding): string {
  const name = PAPER_NAMES[kind]
  if (state === 'missing') return `${name}: документа нет. Сначала внесите`
  if (state === 'ended') return `${name}: срок кончился ${dayWords(validUntil)}. Сначала продлите`
  return `${name}: срок кончается ${dayWords(validUntil)}. Сначала продлите`
}

const dayWords = (day: Day | null): string => (day === null ? '' : day.split('-').toReversed().join('.'))
