import { Geodesic } from 'geographiclib-geodesic'
import { describe, expect, test } from 'vitest'
import { driveOnboard } from '../../support/onboard.ts'
import { readTrace, type TraceRow } from '../../support/trace.ts'

type Placed = TraceRow & { readonly lat: number; readonly lon: number }
const isPlaced = (row: TraceRow): row is Placed => row.lat !== undefined && row.lon !== undefined
const geodesic = (from: Placed, to: Placed): number =>
  Geodesic.WGS84.Inverse(from.lat, from.lon, to.lat, to.lon).s12 ?? Number.NaN

/**
 * The reference: geodesic length of the cleaned track, from fix to fix, without fixes that do not advance in time and
 * without steps that no car drives (over 200 km/h). Nothing is smoothed, and standing is not collapsed.
 */
function cleanedMetres(rows: readonly TraceRow[]): number {
  let [sum, before] = [0, undefined as Placed | undefined]
  for (const row of rows.filter(isPlaced)) {
    if (before !== undefined && row.time <= before.time) continue
    const metres = before === undefined ? 0 : geodesic(before, row)
    if (metres / (row.time - (before?.time ?? 0)) <= 200 / 3600) sum += metres
    before = row
  }
  return sum
}

const recorded = (['car-munich', 'bus-limerick', 'bus-liverpool'] as const).flatMap((file) =>
  [...readTrace(file)].map(([id, rows]) => ({ file, id, rows })),
)

test('all nineteen recorded drives are there', () => {
  expect(recorded).toHaveLength(19)
})

describe('a recorded drive is counted within 0.5 % of its cleaned length', () => {
  test.each(recorded)('$file $id', ({ rows }) => {
    const [counted, reference] = [driveOnboard(rows).odometer, cleanedMetres(rows)]
    expect(Math.abs(counted.metres / reference - 1)).toBeLessThan(0.005)
    expect(Math.abs(counted.metres - reference)).toBeLessThan(counted.errorM)
  })
})

const synthetic = [...readTrace('moscow-spoof-synthetic')].map(([id, rows]) => ({ id, rows }))
const odometerOf = (row: TraceRow | undefined): number => row?.truth?.odometerM ?? Number.NaN

/** Runs of true fixes with no hole in them: what a receiver could have seen. */
function seenRuns(rows: readonly TraceRow[]): readonly (readonly TraceRow[])[] {
  const runs: TraceRow[][] = [[]]
  for (const row of rows) {
    const run = runs.at(-1) ?? []
    const isSeen = isPlaced(row) && row.truth?.spoofed === false && row.truth.state === 'ok'
    const isNext = run.length === 0 || row.time - (run.at(-1)?.time ?? 0) <= 3000
    if (isSeen && isNext) run.push(row)
    else if (run.length > 0) runs.push(isSeen ? [row] : [])
  }
  return runs.filter((run) => run.length > 1)
}

describe('the true parts of a synthetic drive are counted within 0.5 % of the truth', () => {
  test.each(synthetic)('$id', ({ rows }) => {
    const runs = seenRuns(rows)
    const truth = runs.reduce((sum, run) => sum + odometerOf(run.at(-1)) - odometerOf(run[0]), 0)
    const counted = runs.reduce((sum, run) => sum + driveOnboard(run).odometer.metres, 0)
    expect(truth).toBeGreaterThan(3000)
    expect(Math.abs(counted / truth - 1)).toBeLessThan(0.005)
  })
})

describe('a whole synthetic drive, deceptions and tunnels included', () => {
  const truthOf = (rows: readonly TraceRow[]) => odometerOf(rows.at(-1))
  test.each(synthetic)('$id: by the receiver alone the truth is within the told error', ({ rows }) => {
    const { metres, errorM } = driveOnboard(rows).odometer
    expect(Math.abs(metres - truthOf(rows))).toBeLessThan(errorM)
  })
  test.each(synthetic)('$id: with wheels two per cent off, within 0.5 % of the truth', ({ rows }) => {
    const wheelKmh = ({ truth }: TraceRow) => Math.round((truth?.speedKmh ?? 0) * 1.02 * 10) / 10
    const { metres, errorM } = driveOnboard(rows, { wheelKmh }).odometer
    expect(Math.abs(metres / truthOf(rows) - 1)).toBeLessThan(0.005)
    expect(Math.abs(metres - truthOf(rows))).toBeLessThan(errorM)
  })
  test.each(synthetic)('$id: with a counter of pulses that runs over, within 0.5 % of the truth', ({ rows }) => {
    const shown = (row: TraceRow) => (65_000 + Math.floor(odometerOf(row) * 4.9)) % 65_536
    const { metres, errorM } = driveOnboard(rows, { pulses: { perKm: 4900, shown } }).odometer
    expect(Math.abs(metres / truthOf(rows) - 1)).toBeLessThan(0.005)
    expect(Math.abs(metres - truthOf(rows))).toBeLessThan(errorM)
  })
  test.each(synthetic)('$id: with a dashboard in tenths, as it shows, within one of them', ({ rows }) => {
    const shown = (row: TraceRow) => Math.floor((45_000.33 + odometerOf(row) / 1000) * 10) / 10
    const { metres } = driveOnboard(rows, { dashboardKm: shown }).odometer
    expect(metres / 1000 - (45_000.33 + truthOf(rows) / 1000)).toBeLessThan(0.1)
    expect(metres / 1000 - (45_000.33 + truthOf(rows) / 1000)).toBeGreaterThan(-0.1)
  })
})

/** The table of the report: `TABLE=1 vitest run test/edge/odometer/recorded-drives`. */
test.runIf(process.env['TABLE'] === '1')('the table', () => {
  const lines = [
    ...recorded.map(({ file, id, rows }) => ({ name: `${file} ${id}`, rows, reference: cleanedMetres(rows) })),
    ...synthetic.map(({ id, rows }) => ({ name: `${id} (whole, truth)`, rows, reference: odometerOf(rows.at(-1)) })),
  ].map(({ name, rows, reference }) => {
    const { metres, errorM } = driveOnboard(rows).odometer
    const percent = ((metres / reference - 1) * 100).toFixed(2)
    return `${name.padEnd(34)} ${reference.toFixed(0).padStart(7)} m  ${metres.toFixed(0).padStart(7)} m  ${percent.padStart(6)} %  ± ${errorM.toFixed(0)} m`
  })
  process.stdout.write(`${lines.join('\n')}\n`)
})
