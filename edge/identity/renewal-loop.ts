import { X509Certificate } from 'node:crypto'
import { type Clock, seconds } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import type { Identity } from './identity.ts'
import type { GatewayKey } from './key-client.ts'
import type { AskRenewal } from './renewal-client.ts'

type Deps = {
  readonly identity: () => Identity
  readonly newKey: () => Promise<GatewayKey>
  readonly ask: AskRenewal
  /** Keeps the next identity on disk, and has the next connection use it. */
  readonly renewed: (identity: Identity) => void
  readonly clock: Clock
  readonly log: Log
}

const LOOK = seconds(3600)
/** A third of a certificate's life: a car that stands in a garage for two months comes back with one that counts. */
const BEFORE_END_MS = 30 * 86_400_000

/** Pure. Whether the certificate ends soon; one that has ended cannot speak for itself any more. */
export function isDue({ grant }: Identity, now: number): boolean {
  if (grant.by === 'password') return false
  const end = new X509Certificate(grant.certificatePem).validToDate.getTime()
  return now < end && end - now < BEFORE_END_MS
}

/** Renews the certificate before it ends, with a new key each time; what does not succeed is tried again in an hour. */
export async function runRenewalLoop(deps: Deps, stop: AbortSignal): Promise<void> {
  const { clock, log } = deps
  while (!stop.aborted) {
    const present = deps.identity()
    if (present.grant.by === 'certificate' && isDue(present, clock.now()))
      try {
        const { keyPem, csrPem } = await deps.newKey()
        const { certificatePem, caPem } = await deps.ask(present, csrPem)
        deps.renewed({ ...present, keyPem, grant: { ...present.grant, certificatePem, caPem } })
        log.info({ gatewayId: present.grant.gatewayId }, 'identity.renewed')
      } catch (err) {
        log.warn({ err }, 'identity.not-renewed')
      }
    await clock.sleep(LOOK, stop)
  }
}
