import { type Clock, type Millis, seconds } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import type { RetiredCertificate } from './gateway-registry.ts'

type Deps = {
  readonly retired: () => readonly RetiredCertificate[]
  readonly listOf: (retired: readonly RetiredCertificate[]) => Promise<string>
  /** Each place where the list is kept; one that cannot be written keeps no other from it. */
  readonly write: readonly ((pem: string) => void)[]
  readonly clock: Clock
  readonly log: Log
}

/** Two lists of one second would look alike to a broker; and far below the minute in which a revocation has to count. */
const PACE = seconds(2)
const ANEW: Millis = seconds(24 * 3600)

/** Keeps the signed list of revoked certificates: at start, soon after each change, and once a day so that it never runs out. */
export async function runRevocationLoop(
  { retired, listOf, write, clock, log }: Deps,
  stop: AbortSignal,
): Promise<void> {
  let written: string | undefined
  let writtenAt = clock.steady()
  while (!stop.aborted) {
    const now = retired()
    const wanted = now.map(({ serial }) => serial).join(' ')
    if (wanted !== written || clock.steady() - writtenAt >= ANEW) {
      try {
        const pem = await listOf(now)
        for (const place of write) place(pem)
        written = wanted
        writtenAt = clock.steady()
        log.info({ certificates: now.length }, 'revocation.list-written')
      } catch (err) {
        log.warn({ err }, 'revocation.list-not-written')
      }
    }
    await clock.sleep(PACE, stop)
  }
}
