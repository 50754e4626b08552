import writeExcelFile from 'write-excel-file/node'
import { PAPER_NAMES, type PaperStanding } from './paper.ts'
import type { PaperLine } from './paper-store.ts'

export type PackLine = { readonly line: PaperLine; readonly standing: PaperStanding }

const HEAD = ['Госномер', 'Модель', 'VIN', 'СТС', 'Документ', 'Номер', 'Действует до', 'Осталось дней', 'Отправлен']

const cellsOf = ({ line, standing }: PackLine): readonly string[] => [
  line.plate,
  line.model,
  line.vin ?? '',
  line.sts ?? '',
  PAPER_NAMES[line.kind],
  line.number ?? '',
  line.validUntil ?? 'нет',
  standing.daysLeft === null ? '' : String(standing.daysLeft),
  line.sentAt === null ? '' : new Date(line.sentAt).toISOString().slice(0, 10),
]

// A cell that begins like a formula would be run by a spreadsheet program.
const csvCell = (text: string): string => `"${(/^[=+\-@\t]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`

/** The list that goes to the insurer and the inspection station, as a file. */
export const renewalPackPrint = {
  /** With a byte order mark and semicolons, as spreadsheets set to Russian expect. */
  csv: (lines: readonly PackLine[]): string =>
    `\uFEFF${[HEAD, ...lines.map(cellsOf)].map((cells) => cells.map(csvCell).join(';')).join('\r\n')}\r\n`,
  xlsx: (lines: readonly PackLine[]): Promise<Buffer> => {
    const text = (value: string) => ({ value, type: String })
    const rows = [
      HEAD.map((value) => ({ ...text(value), fontWeight: 'bold' as const })),
      ...lines.map((line) => cellsOf(line).map(text)),
    ]
    const columns = [14, 20, 20, 14, 10, 18, 14, 14, 14].map((width) => ({ width }))
    return writeExcelFile(rows, { columns, sheet: 'На продление' }).toBuffer()
  },
}
