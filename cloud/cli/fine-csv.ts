import { cellsOf, type WrongLine } from './vehicle-csv.ts'

/** A fine as the cloud takes it: number of the resolution, plate, RFC 3339, kopecks. */
export type FineLine = {
  readonly line: number
  readonly no: string
  readonly plate: string
  readonly at: string
  readonly kopecks: number
  readonly article?: string
}

type Column = 'no' | 'plate' | 'at' | 'sum' | 'article'
const COLUMNS: Readonly<Record<Column, readonly string[]>> = {
  no: ['no', 'number', 'uin', 'уин', 'постановление', 'номер постановления', '№ постановления'],
  plate: ['plate', 'госномер', 'грз', 'номер машины', 'гос. номер'],
  at: ['at', 'time', 'дата', 'дата и время', 'дата нарушения', 'время нарушения', 'дата и время нарушения'],
  sum: ['sum', 'amount', 'сумма', 'сумма, руб', 'сумма штрафа'],
  article: ['article', 'статья', 'статья коап'],
}

/** Pure. The lines that can be taken, and every one that cannot. Throws a clear word when the head is unusable. */
export function readFines(text: string): { readonly good: readonly FineLine[]; readonly wrong: readonly WrongLine[] } {
  const [head, ...rows] = cellsOf(text)
  const names = head?.cells.map((cell) => cell.toLowerCase()) ?? []
  const at = (column: Column): number => names.findIndex((name) => COLUMNS[column].includes(name))
  const missing = (['no', 'plate', 'at', 'sum'] as const).filter((column) => at(column) < 0)
  if (missing.length > 0)
    throw new Error(
      `the first line has no column ${missing.map((column) => COLUMNS[column].join(' or ')).join(', nor ')}`,
    )
  const good: FineLine[] = []
  const wrong: WrongLine[] = []
  const seen = new Map<string, number>()
  for (const { line, cells } of rows) {
    const cell = (column: Column): string => cells[at(column)] ?? ''
    const [no, plate, moment, kopecks] = [cell('no'), cell('plate'), momentIn(cell('at')), kopecksIn(cell('sum'))]
    const whys = [
      ...(no === '' || no.length > 100 ? ['the number of the resolution has 1 to 100 letters and digits'] : []),
      ...(plate.length >= 2 && plate.length <= 20 ? [] : ['the plate has 2 to 20 letters and digits']),
      ...(moment === undefined ? [`«${cell('at')}» is no moment: 20.11.2026 14:05 (Moscow) or RFC 3339`] : []),
      ...(kopecks === undefined ? [`«${cell('sum')}» is no sum of roubles`] : []),
      ...(seen.has(no) ? [`${no} stands in line ${seen.get(no)} already`] : []),
    ]
    if (whys.length > 0 || moment === undefined || kopecks === undefined) wrong.push({ line, why: whys.join('; ') })
    else {
      seen.set(no, line)
      const article = cell('article').slice(0, 200)
      good.push({ line, no, plate, at: moment, kopecks, ...(article === '' ? {} : { article }) })
    }
  }
  return { good, wrong }
}

/** A day without its time is not enough: within it the car may have changed hands. */
function momentIn(written: string): string | undefined {
  const russian = /^(\d{2})\.(\d{2})\.(\d{4}),? +(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(written)
  const iso =
    russian === null
      ? /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(written)
        ? written
        : ''
      : `${russian[3]}-${russian[2]}-${russian[1]}T${russian[4]}:${russian[5]}:${russian[6] ?? '00'}+03:00`
  const ms = Date.parse(iso)
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString()
}

function kopecksIn(written: string): number | undefined {
  const found = /^(\d{1,6})(?:[.,](\d{1,2}))?$/.exec(written.replace(/[\s\u00a0₽]/g, ''))
  const sum = found === null ? 0 : Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0'))
  return sum > 0 ? sum : undefined
}
