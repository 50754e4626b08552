import { type Clock, millis, seconds } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import { restUntilRung } from '../orders/bell.ts'
import type { CoverageStore, KnownStream } from './coverage-store.ts'
import type { IngestService } from './ingest-service.ts'
import type { JournalStore } from './journal-store.ts'
import type { SharedStreams } from './shared-streams.ts'

type Deps = {
  readonly shared: SharedStreams
  readonly coverage: Pick<CoverageStore, 'tell'>
  readonly journal: Pick<JournalStore, 'learn'>
  readonly ingest: Pick<IngestService, 'coveredTogether'>
  readonly clock: Clock
  readonly log: Log
}

/** Receipts are no hurry: what becomes durable within this is told in one statement. */
const BREATH = millis(50)
const RETRY = seconds(1)
const STREAMS_AT_ONCE = 1000

/**
 * Behind an outside broker the batches of one stream reach whichever instance. Each tells what it has after its commit,
 * learns what the others have – so that what comes again elsewhere is known as a duplicate – and receipts what all have
 * together. While the database is away nothing is receipted, and gateways keep what they sent. Runs until told to stop.
 */
export async function runSharedStreamsLoop(deps: Deps, stop: AbortSignal): Promise<void> {
  const { shared, coverage, journal, ingest, clock, log } = deps
  while (!stop.aborted) {
    shared.bell.take()
    const untold = shared.take(STREAMS_AT_ONCE)
    if (untold.length === 0) {
      await restUntilRung(shared.bell, clock, seconds(5), stop)
      await clock.sleep(BREATH, stop)
      continue
    }
    let known: readonly KnownStream[]
    try {
      known = await coverage.tell(untold, clock.now())
      await journal.learn(known)
    } catch (err) {
      log.warn({ err, streams: untold.length }, 'streams.not-told')
      shared.putBack(untold)
      await clock.sleep(RETRY, stop)
      continue
    }
    for (const [index, { position }] of known.entries()) {
      const one = untold[index]
      if (one !== undefined) ingest.coveredTogether(one, position.through)
    }
  }
}
