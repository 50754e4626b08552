/** Pure. The middle of the values; the mean of the middle two when even. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (upper === undefined) return Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}

/** Pure. The value that `share` of all values do not exceed (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

export type Spread = { readonly median: number; readonly min: number; readonly max: number }

/** Pure. Median with its range: the only form in which a figure is printed. */
export const spread = (values: readonly number[]): Spread => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
})

/** Pure. Pads rows into a table whose first row is the header; numbers stand to the right. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? readable(cell) : cell)))
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const lines = cells.map((row, index) =>
    row
      .map((cell, column) => {
        const right = index > 0 && typeof rows[index]?.[column] === 'number'
        return right ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)
      })
      .join('  ')
      .trimEnd(),
  )
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}

/** Pure. Four significant digits, thousands parted by a thin space. */
export function readable(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const short = Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4))
  return String(short).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, '\u202f')
}
