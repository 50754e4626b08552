import type { Millis } from '#contract/instant.ts'
import { type BusTamper, watchBusTamper } from './bus-tamper.ts'
import { type Bypass, watchBypass } from './bypass.ts'
import { type PowerCut, watchPowerCut } from './power-cut.ts'
import type { MonitorEvent, Raised, Sight } from './sight.ts'
import { type StartAttempt, watchStart } from './start-attempt.ts'
import { type StuckRelay, watchStuckRelay } from './stuck-relay.ts'
import { NOT_TOWED, type Tow, watchTow } from './tow.ts'

export type Monitors = {
  readonly stuck: StuckRelay
  readonly bypass: Bypass
  readonly tow: Tow
  readonly power: PowerCut
  readonly bus: BusTamper
  readonly start: StartAttempt
  /** When each was last raised: what flickers is said once a minute. */
  readonly raisedAt: Readonly<Partial<Record<MonitorEvent, Millis>>>
}

export const QUIET: Monitors = { stuck: {}, bypass: {}, tow: NOT_TOWED, power: {}, bus: {}, start: {}, raisedAt: {} }

const AGAIN_MS = 60_000

/** Pure. One look by every monitor: what they remember, and what they raise. */
export function watch(
  monitors: Monitors,
  sight: Sight,
): { readonly state: Monitors; readonly raised: readonly Raised[] } {
  const stuck = watchStuckRelay(monitors.stuck, sight)
  const bypass = watchBypass(monitors.bypass, sight)
  const tow = watchTow(monitors.tow, sight)
  const power = watchPowerCut(monitors.power, sight)
  const bus = watchBusTamper(monitors.bus, sight)
  const start = watchStart(monitors.start, sight)
  const raised = [stuck, bypass, tow, power, bus, start]
    .flatMap((watched) => watched.raised ?? [])
    .filter(({ name }) => sight.now - (monitors.raisedAt[name] ?? Number.NEGATIVE_INFINITY) >= AGAIN_MS)
  const raisedAt = Object.fromEntries(raised.map(({ name }) => [name, sight.now]))
  return {
    state: {
      stuck: stuck.state,
      bypass: bypass.state,
      tow: tow.state,
      power: power.state,
      bus: bus.state,
      start: start.state,
      raisedAt: { ...monitors.raisedAt, ...raisedAt },
    },
    raised,
  }
}
