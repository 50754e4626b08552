import { readFileSync } from 'node:fs'

/** One row of a recorded or synthetic trace; what the source does not say is absent. */
export type TraceRow = {
  readonly id: string
  readonly time: number
  readonly lat?: number
  readonly lon?: number
  readonly speedKmh?: number
  readonly courseDeg?: number
  readonly satellites?: number
  readonly hdop?: number
  /** Ground truth of synthetic drives: for the test's own arithmetic, never for the code under test. */
  readonly truth?: {
    readonly speedKmh: number
    readonly odometerM: number
    readonly spoofed: boolean
    readonly state: string
  }
}

const FILES = {
  'car-munich': '../../demo/data/car-munich.csv',
  'bus-limerick': '../../demo/data/bus-limerick.csv',
  'bus-liverpool': '../data/traces/bus-liverpool.csv',
  phones: '../data/traces/phones.csv',
  'moscow-spoof-synthetic': '../data/traces/moscow-spoof-synthetic.csv',
} as const

const field = <Name extends string>(name: Name, text: string | undefined): Partial<Record<Name, number>> =>
  text === undefined || text === '' ? {} : ({ [name]: Number(text) } as Partial<Record<Name, number>>)

/** The rows of a trace file by id, in the file's order. */
export function readTrace(file: keyof typeof FILES): ReadonlyMap<string, readonly TraceRow[]> {
  const [header = '', ...lines] = readFileSync(new URL(FILES[file], import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const columns = header.trim().split(',')
  const drives = new Map<string, TraceRow[]>()
  for (const line of lines) {
    const cells = line.trim().split(',')
    const cell = (name: string): string | undefined => cells[columns.indexOf(name)]
    const isVoid = cell('valid') === '0'
    const row: TraceRow = {
      id: cells[0] ?? '',
      time: Date.parse(cells[1] ?? ''),
      ...(isVoid ? {} : { ...field('lat', cell('lat')), ...field('lon', cell('lon')) }),
      ...(isVoid ? {} : { ...field('speedKmh', cell('speedKmh')), ...field('courseDeg', cell('headingDeg')) }),
      ...field('satellites', cell('sats')),
      ...field('hdop', cell('hdop')),
      ...(cell('state') === undefined
        ? {}
        : {
            truth: {
              speedKmh: Number(cell('trueSpeedKmh')),
              odometerM: Number(cell('trueOdoM')),
              spoofed: cell('spoofed') === '1',
              state: cell('state') ?? '',
            },
          }),
    }
    const rows = drives.get(row.id) ?? []
    rows.push(row)
    drives.set(row.id, rows)
  }
  return drives
}
