import type { Millis } from '#contract/instant.ts'
import { isFresh, type Sight, type Watched } from './sight.ts'

export type StuckRelay = { readonly since?: Millis; readonly told?: true }

/** The contact may take this long after the drive; longer, and it is not the drive that decides. */
const SETTLE_MS = 2000

/** Pure. The drive obeys and the sense contact does not: welded, bridged, or a broken wire. Edge notes §7.7. */
export function watchStuckRelay(state: StuckRelay, sight: Sight): Watched<StuckRelay> {
  const { now, relay, drive, sense } = sight
  const known = relay.task === 'idle' && relay.reported !== 'unknown' && isFresh(drive, now) && isFresh(sense, now)
  if (!known || drive.word !== relay.reported || sense.at < relay.settledAt + SETTLE_MS)
    return { state: state.told === true ? { told: true } : {} }
  if (sense.word === relay.reported) return { state: {} }
  const since = state.since ?? now
  if (state.told === true || now - since < SETTLE_MS) return { state: { ...state, since } }
  return {
    state: { since, told: true },
    raised: { name: 'stuck-relay', data: { ordered: relay.reported, drive: drive.word, sense: sense.word } },
  }
}
