/**
 * Rows of numbers, one behind the other in one array: half a million cells cost a list of objects more time than the
 * database takes to find them. What is no number is NaN; a truth is 1 or 0.
 */
export type NumberRows = { readonly width: number; readonly cells: Float64Array }

/** Pure. Are these rows of numbers already? */
export const isNumberRows = (values: unknown): values is NumberRows =>
  typeof values === 'object' && values !== null && 'cells' in values && values.cells instanceof Float64Array

/** Pure. Rows as JSON has them, lists of cells; throws when they are none. */
export function numberRowsOf(values: unknown): NumberRows {
  if (isNumberRows(values)) return values
  const rows = listOf(values)
  const width = rows.length === 0 ? 0 : listOf(rows[0]).length
  const cells = new Float64Array(rows.length * width)
  let at = 0
  for (const row of rows) for (let column = 0; column < width; column += 1) cells[at++] = numberOf(listOf(row)[column])
  return { width, cells }
}

/** Pure. One cell: NaN for what is no number. */
export const numberOf = (cell: unknown): number =>
  typeof cell === 'number' ? cell : typeof cell === 'boolean' ? Number(cell) : Number.NaN

/** Pure. Throws when it is no list. */
export function listOf(values: unknown): readonly unknown[] {
  if (!Array.isArray(values)) throw new Error('the database answered something else than rows')
  return values
}
