import { lengthWords } from '../fields/length.ts'
import type { Language } from '../language/age.ts'
import { momentWords } from '../language/moment.ts'
import { moneyWords } from '../language/money.ts'

export type Cell =
  | string
  | number
  | null
  | { readonly kopecks: number }
  | { readonly percent: number }
  | { readonly span: number }
  | { readonly time: number }
  | { readonly card: string; readonly no: number }
  | { readonly report: string; readonly title: string }
export type Table = {
  readonly columns: readonly { readonly id: string; readonly title: string }[]
  readonly rows: readonly (readonly Cell[])[]
  readonly chart: { readonly label: string; readonly value: string } | null
  /** Own: of the cards of the reader’s parks alone. */
  readonly parks: 'all' | 'own'
}

/** Pure. A cell as a person reads it; nothing is a dash, never a nought. */
export function cellWords(cell: Cell, language: Language, now: number): string {
  if (cell === null || cell === '') return '—'
  if (typeof cell === 'string') return cell
  const locale = language === 'ru' ? 'ru-RU' : 'en-GB'
  if (typeof cell === 'number') return cell.toLocaleString(locale)
  if ('kopecks' in cell) return moneyWords(cell.kopecks, language)
  if ('percent' in cell) return `${cell.percent.toLocaleString(locale)}\u00a0%`
  if ('span' in cell) return lengthWords(cell.span, language)
  if ('time' in cell) return momentWords(cell.time, now, language)
  return 'no' in cell ? `№ ${cell.no}` : cell.title
}

/** Pure. The number in a cell, for a picture; null where there is none. */
export function figureOf(cell: Cell): number | null {
  if (typeof cell === 'number') return cell
  if (cell === null || typeof cell === 'string') return null
  if ('kopecks' in cell) return cell.kopecks
  if ('percent' in cell) return cell.percent
  return 'span' in cell ? cell.span : null
}
/** Pure. Figures stand at the right. */
export const isFigure = (cell: Cell): boolean => figureOf(cell) !== null
