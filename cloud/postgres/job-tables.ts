import type { EpochMs } from '#contract/instant.ts'

/** Whose turn it is to do something that only one cloud instance may do at a time. */
export type JobTurnRow = {
  readonly name: string
  /** When it is to be done next; 0: at once. */
  readonly dueAt: EpochMs
  /** Until then it belongs to `holder`, who says so again while at work. */
  readonly heldUntil: EpochMs
  readonly holder: string
}

/** Tables of jobs; the queues themselves are in the schema `pgboss`, made by that library. */
export type JobTables = { jobTurns: JobTurnRow }
