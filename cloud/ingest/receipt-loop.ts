import { type Clock, seconds } from '#contract/instant.ts'
import type { IngestService } from './ingest-service.ts'

type Deps = { readonly ingest: Pick<IngestService, 'sendOverdueReceipts'>; readonly clock: Clock }

/** Sends the receipts of streams that have gone quiet, until told to stop. */
export async function runReceiptLoop({ ingest, clock }: Deps, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await clock.sleep(seconds(1), stop)
    ingest.sendOverdueReceipts()
  }
}
