import type { ColumnType, Generated as KyselyGenerated } from 'kysely'

/** A column that the database fills in. */
export type Generated<Value> = KyselyGenerated<Value>

/**
 * A jsonb column: read parsed, written as JSON text, because the two drivers disagree about bare arrays and objects.
 */
export type Json<Value> = ColumnType<Value, string, string>
