import type { Millis } from '#contract/instant.ts'
import type { OrderAction, ProvenReport } from '#contract/order.ts'
import { isFresh, type Sight, type Watched } from './sight.ts'

export type StartAttempt = {
  /** The order that was verified last and has not been tried by a start since. */
  readonly after?: {
    readonly orderId: ProvenReport['orderId']
    readonly orderSeq: number
    readonly action: OrderAction
  }
  /** Ignition was seen off since: what comes next is an attempt of its own. */
  readonly armed?: true
  readonly trying?: { readonly since: Millis; readonly rpm?: number; readonly speedKmh?: number }
}

const RUNNING_RPM = 400
const DRIVING_KMH = 5
/** An engine that has not caught by then has not been started. */
const ATTEMPT_MS = 10_000

/** Pure. An order has been proved: its next start attempt is awaited. */
export const awaitStart = (after: NonNullable<StartAttempt['after']>): StartAttempt => ({ after })

/** Pure. The first start attempt after a verified order, with its outcome: the vehicle's own word on it. Edge notes §7.4. */
export function watchStart(state: StartAttempt, sight: Sight): Watched<StartAttempt> {
  const { now, ignition, rpm, place } = sight
  const { after, trying } = state
  if (after === undefined || !isFresh(ignition, now)) return { state }
  if (trying === undefined) {
    if (!ignition.on) return { state: { after, armed: true } }
    return { state: state.armed === true ? { after, armed: true, trying: { since: now } } : state }
  }
  const fastest = place === undefined ? trying.speedKmh : Math.max(place.speedKmh, trying.speedKmh ?? 0)
  const highest = isFresh(rpm, now) ? Math.max(rpm.value, trying.rpm ?? 0) : trying.rpm
  const seen = {
    since: trying.since,
    ...(highest === undefined ? {} : { rpm: Math.round(highest) }),
    ...(fastest === undefined ? {} : { speedKmh: fastest }),
  }
  if (ignition.on && now - trying.since < ATTEMPT_MS) return { state: { ...state, trying: seen } }
  const { since, ...figures } = seen
  const data = { ...after, outcome: outcomeOf(seen), ignitionOnMs: Math.round(now - since), ...figures }
  return { state: {}, raised: { name: 'start-attempt', data } }
}

/** Without an engine's own word only driving proves that it runs, and nothing proves that it does not. */
function outcomeOf({ rpm, speedKmh }: NonNullable<StartAttempt['trying']>): 'running' | 'not-running' | 'unknown' {
  if ((rpm ?? 0) > RUNNING_RPM || (speedKmh ?? 0) > DRIVING_KMH) return 'running'
  return rpm === undefined ? 'unknown' : 'not-running'
}
