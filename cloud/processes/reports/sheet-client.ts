import writeExcelFile from 'write-excel-file/node'
import type { ReportTable } from './table.ts'

/** An XLSX file of one sheet, its titles in bold. */
export async function writeSheet({ titles, rows }: ReportTable): Promise<Uint8Array> {
  const data = [
    titles.map((value) => ({ value, fontWeight: 'bold' as const })),
    ...rows.map((row) =>
      row.map((value) => (typeof value === 'number' ? { value, type: Number } : { value, type: String })),
    ),
  ]
  return new Uint8Array(await writeExcelFile(data).toBuffer())
}
