/** Tables of position history and last-known values. */
export type HistoryTables = Record<never, never>
