import type { AuditTables } from './audit-tables.ts'
import type { CallTables } from './call-tables.ts'
import type { ConfigurationTables } from './configuration-tables.ts'
import type { FleetTables } from './fleet-tables.ts'
import type { HistoryTables } from './history-tables.ts'
import type { InboxTables } from './inbox-tables.ts'
import type { JobTables } from './job-tables.ts'
import type { LeaseTables } from './lease-tables.ts'
import type { LedgerTables } from './ledger-tables.ts'
import type { MessageTables } from './message-tables.ts'
import type { MileageTables } from './mileage-tables.ts'
import type { PageTables } from './page-tables.ts'
import type { ParkTables } from './park-tables.ts'
import type { PeopleTables } from './people-tables.ts'
import type { ProcessTables } from './process-tables.ts'
import type { RuleTables } from './rule-tables.ts'
import type { SourceTables } from './source-tables.ts'
import type { StandingTables } from './standing-tables.ts'
import type { StreamTables } from './stream-tables.ts'
import type { TrackerTables } from './tracker-tables.ts'
import type { UpkeepTables } from './upkeep-tables.ts'
import type { ZoneTables } from './zone-tables.ts'

/** How far a consumer of a journal has come; written in the transaction of its effects. */
export type JournalCursorRow = { readonly journal: string; readonly consumer: string; readonly position: number }

/** What the migrations applied so far have made of the database. */
export type MigrationRow = { readonly name: string; readonly checksum: string; readonly appliedAt: number }

/**
 * Every table, columns in camelCase (snake_case in SQL). Times are EpochMs in bigint columns, read as numbers.
 */
export type Tables = FleetTables &
  CallTables &
  ConfigurationTables &
  HistoryTables &
  InboxTables &
  MessageTables &
  MileageTables &
  PageTables &
  ParkTables &
  AuditTables &
  JobTables &
  LeaseTables &
  LedgerTables &
  PeopleTables &
  ProcessTables &
  SourceTables &
  StandingTables &
  StreamTables &
  RuleTables &
  UpkeepTables &
  TrackerTables &
  ZoneTables & { journalCursors: JournalCursorRow; migrations: MigrationRow }
