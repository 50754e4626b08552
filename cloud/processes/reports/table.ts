import { MOSCOW_MS } from '../../calendar/moscow-day.ts'
import type { Cell, Sheet } from '../../spreadsheet/sheet.ts'

/** A value that says itself what it is, so that a screen and a spreadsheet print it each in its own way. */
export type ReportCell =
  | string
  | number
  | null
  | { readonly kopecks: number }
  /** Of a hundred, one decimal. */
  | { readonly percent: number }
  /** Milliseconds. */
  | { readonly span: number }
  /** Milliseconds since 1970. */
  | { readonly time: number }
  | { readonly card: string; readonly no: number }
  /** Opens another report. */
  | { readonly report: string; readonly title: string }

/** A report: columns, rows, and which two columns make its picture. */
export type ReportTable = {
  readonly columns: readonly { readonly id: string; readonly title: string }[]
  readonly rows: readonly (readonly ReportCell[])[]
  readonly chart: { readonly label: string; readonly value: string } | null
}

/** Pure. Part of a whole in percent with one decimal; nothing of nothing is no share at all. */
export const share = (part: number, whole: number): ReportCell =>
  whole === 0 ? null : { percent: Math.round((part / whole) * 1000) / 10 }

function cellOf(cell: ReportCell): Cell {
  if (cell === null || typeof cell !== 'object' || 'kopecks' in cell) return cell
  if ('percent' in cell) return cell.percent
  if ('span' in cell) return Math.round(cell.span / 6000) / 10
  if ('time' in cell) return new Date(cell.time + MOSCOW_MS).toISOString().slice(0, 16).replace('T', ' ')
  return 'no' in cell ? cell.no : cell.title
}
const unitOf = (cells: readonly ReportCell[]): string => {
  const first = cells.find((cell) => cell !== null && typeof cell === 'object')
  if (first === undefined || first === null || typeof first !== 'object') return ''
  if ('kopecks' in first) return ', ₽'
  if ('percent' in first) return ', %'
  return 'span' in first ? ', мин' : ''
}

/** Pure. As a spreadsheet takes it: spans in minutes, moments in Moscow time, the unit in the title of its column. */
export const sheetOf = ({ columns, rows }: ReportTable): Sheet => ({
  titles: columns.map(({ title }, index) => title + unitOf(rows.map((row) => row[index] ?? null))),
  rows: rows.map((row) => row.map(cellOf)),
})
