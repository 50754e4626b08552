import type { EpochMs } from '#contract/instant.ts'
import type { Gateway } from './gateway-registry.ts'
import type { Difference } from './golden.ts'

export type Trouble = {
  readonly kind:
    | 'not-claimed'
    | 'never-seen'
    | 'offline'
    | 'not-sealed'
    | 'certificate-ends'
    | 'certificate-ended'
    | 'drift'
  readonly text: string
}

const DAY = 86_400_000
/** It renews itself thirty days before the end: with less than twenty left, something keeps it from it. */
const LATE = 20 * DAY

/** Pure. What a person should see to about one gateway, the weightiest first. */
export function troublesOf(gateway: Gateway, differences: readonly Difference[], now: EpochMs): readonly Trouble[] {
  const { state, online, statusAt, sealed, certificateExpiresAt: end } = gateway
  if (state === 'revoked') return []
  if (state === 'claimable') return [{ kind: 'not-claimed', text: 'nobody has claimed it yet' }]
  const since = statusAt === null ? 0 : Math.floor((now - statusAt) / DAY)
  const days = end === null ? Infinity : Math.floor((end - now) / DAY)
  return [
    ...(sealed === null
      ? [{ kind: 'not-sealed' as const, text: 'without a sealed sheet its vehicle cannot be blocked' }]
      : []),
    ...(end !== null && end <= now
      ? [{ kind: 'certificate-ended' as const, text: 'its certificate has run out: claim it again' }]
      : []),
    ...(end !== null && end > now && end - now < LATE
      ? [{ kind: 'certificate-ends' as const, text: `its certificate runs out in ${days} days and was not renewed` }]
      : []),
    ...(online === null ? [{ kind: 'never-seen' as const, text: 'not heard of since the start of the cloud' }] : []),
    ...(online === false && since >= 1 ? [{ kind: 'offline' as const, text: `offline for ${since} days` }] : []),
    ...differences.map(({ what, wanted, found }) => ({
      kind: 'drift' as const,
      text: `${what}: ${found ?? 'nothing'} where the park has ${wanted}`,
    })),
  ]
}
