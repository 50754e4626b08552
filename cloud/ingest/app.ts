import { join } from 'node:path'
import { minutes } from '#contract/instant.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { createCoverageStore } from './coverage-store.ts'
import { createIngestService, type IngestCount, type IngestService } from './ingest-service.ts'
import type { Projection } from './journal-entry.ts'
import { type JournalPace, runJournalLoop } from './journal-loop.ts'
import { createJournalStore, type JournalStore } from './journal-store.ts'
import { createMissingStore, type MissingStore } from './missing-store.ts'
import { runPruneLoop } from './prune-loop.ts'
import { runReceiptLoop } from './receipt-loop.ts'
import { createSharedStreams } from './shared-streams.ts'
import { runSharedStreamsLoop } from './shared-streams-loop.ts'

/** A projection, how it wants to be fed, and whether it may lose commits of an embedded database and bears repetition. */
export type FedProjection = { readonly projection: Projection; readonly pace?: JournalPace; readonly rewinds: boolean }

type Parts = {
  readonly dataDir: string
  readonly world: World
  /** Behind an outside broker other instances take part of the same streams. */
  readonly several?: { readonly db: Db; readonly instance: string } | undefined
  publish: Parameters<typeof createIngestService>[0]['publish']
  count(what: IngestCount, by: number): void
}

export type Ingest = {
  readonly journal: JournalStore
  readonly service: IngestService
  readonly missing: MissingStore
  /**
   * PGlite never syncs, so a power cut takes its last commits while the cursors on disk are ahead. At start the projections
   * that bear repetition go back by what a busy fleet sends while a system writes its pages.
   */
  rewind(projections: readonly FedProjection[]): void
  loops(projections: readonly FedProjection[]): readonly ((stop: AbortSignal) => Promise<void>)[]
}

const JOURNAL_KEPT = minutes(7 * 24 * 60)
const REWOUND_ENTRIES = 20_000

/** Wires the journal and what feeds on it. Opens the journal's file; starts nothing. */
export function createIngest({ dataDir, world, several, publish, count }: Parts): Ingest {
  const { clock, log } = world
  const path = join(dataDir, 'journal.sqlite')
  const journal = createJournalStore({ path, clock })
  const coverage = several === undefined ? undefined : createCoverageStore(several.db, several.instance)
  const shared = createSharedStreams()
  const together = coverage === undefined ? {} : { together: { shared, newestOf: coverage.newestOf } }
  const service = createIngestService({ journal, publish, clock, log, count, ...together })
  return {
    journal,
    service,
    missing: createMissingStore({ path, clock, coverage }),
    rewind: (projections) => {
      for (const { projection, rewinds } of projections)
        if (rewinds) journal.moveCursor(projection.name, Math.max(0, journal.cursor(projection.name) - REWOUND_ENTRIES))
    },
    loops: (projections) => [
      ...projections.map(
        ({ projection, pace }) =>
          (stop: AbortSignal) =>
            runJournalLoop({ journal, projection, clock, log, ...(pace === undefined ? {} : { pace }) }, stop),
      ),
      ...(coverage === undefined
        ? []
        : [
            (stop: AbortSignal) =>
              runSharedStreamsLoop({ shared, coverage, journal, ingest: service, clock, log }, stop),
          ]),
      (stop) => runReceiptLoop({ ingest: service, clock }, stop),
      (stop) => runPruneLoop({ journal, clock, log, keep: JOURNAL_KEPT }, stop),
    ],
  }
}
