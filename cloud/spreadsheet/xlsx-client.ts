import writeExcelFile from 'write-excel-file/node'
import type { Cell, Sheet } from './sheet.ts'

const MONEY = '#,##0.00'

const bold = (value: string) => ({ value, type: String, fontWeight: 'bold' as const })
function cellOf(cell: Cell) {
  if (cell === null) return null
  if (typeof cell === 'string') return { value: cell, type: String }
  return typeof cell === 'number'
    ? { value: cell, type: Number }
    : { value: cell.kopecks / 100, type: Number, format: MONEY }
}

/** An XLSX file of one sheet, its titles in bold; text stays text, so nothing in it is run. */
export function writeXlsx({ titles, rows, name, caption, widths }: Sheet): Promise<Buffer> {
  const lines = [
    ...(caption === undefined ? [] : [[bold(caption)]]),
    titles.map(bold),
    ...rows.map((row) => row.map(cellOf)),
  ]
  return writeExcelFile(lines, {
    ...(widths === undefined ? {} : { columns: widths.map((width) => ({ width })) }),
    ...(name === undefined ? {} : { sheet: name }),
  }).toBuffer()
}
