import type { ColumnType, Generated as KyselyGenerated } from 'kysely'

/** A column that the database fills in. */
export type Generated<Value> = KyselyGenerated<Value>

/**
 * A jsonb column: read parsed, written as JSON text, because the two drivers disagree about bare arrays and objects.
 */
export type Json<Value> = ColumnType<Value, string, string>

/** Pure. For a column of floating point: the database refuses what is nearer to zero than its type can tell. */
export const floating = (value: number | null | undefined): number | null =>
  value === null || value === undefined ? null : Math.abs(value) < 1e-30 ? 0 : value
