/** A sum of money is a cell of its own: two decimals whatever the sum. Absent: an empty cell. */
export type Cell = string | number | { readonly kopecks: number } | null
/** One sheet of plain values as it leaves the house. */
export type Sheet = {
  readonly titles: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  readonly name?: string
  /** A line above the titles; a CSV has none. */
  readonly caption?: string
  /** Widths of the columns in characters; a CSV has none. */
  readonly widths?: readonly number[]
}

// A cell that begins like a formula is run by spreadsheet programs when a file is opened.
const quoted = (text: string): string => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`

function csvCell(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'string') return quoted(cell)
  return (typeof cell === 'number' ? String(cell) : (cell.kopecks / 100).toFixed(2)).replace('.', ',')
}

/** Pure. As Russian spreadsheets open it: semicolons, decimal commas, a byte order mark. */
export const csvOf = ({ titles, rows }: Sheet): string =>
  `\ufeff${[titles, ...rows].map((row) => row.map(csvCell).join(';')).join('\r\n')}\r\n`
