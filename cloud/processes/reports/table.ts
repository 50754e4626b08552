/** A report as it leaves the house: titles and rows of plain values. */
export type ReportTable = {
  readonly titles: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

/** Pure. CSV for a Russian spreadsheet: semicolons, a mark of UTF-8, no cell that a spreadsheet would run. */
export function csvOf({ titles, rows }: ReportTable): string {
  const cell = (value: string | number): string => {
    if (typeof value === 'number') return String(value).replace('.', ',')
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
    return /[";\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  return `\uFEFF${[titles, ...rows].map((row) => row.map(cell).join(';')).join('\r\n')}\r\n`
}
