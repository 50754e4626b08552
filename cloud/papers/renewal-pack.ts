import { dayOf } from '../calendar/moscow-day.ts'
import type { Sheet } from '../spreadsheet/sheet.ts'
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
  line.sentAt === null ? '' : dayOf(line.sentAt),
]

/** Pure. The list that goes to the insurer and the inspection station. */
export const packSheet = (lines: readonly PackLine[]): Sheet => ({
  name: 'На продление',
  titles: HEAD,
  rows: lines.map(cellsOf),
  widths: [14, 20, 20, 14, 10, 18, 14, 14, 14],
})
