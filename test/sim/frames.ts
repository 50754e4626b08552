import type { Frame } from '#contract/frame.ts'
import { relayWord } from '../../edge/immobilizer/immobilizer-step.ts'
import { gnssTrust } from '../../edge/position/gnss-trust.ts'
import type { Inside } from './gateway-inside.ts'
import type { Sample } from './sensors.ts'
import { instant } from './world.ts'

type Deps = {
  readonly append: (frame: Frame) => void
  /** Commits what waits in both outboxes. */
  readonly flush: () => void
  /** Looks after the configuration; `idle`: no order is under way. */
  readonly look: (idle: boolean) => void
}

/** A frame now and then of what the receiver said, and the grouped commit once a second. */
export function createFrames(inside: Inside, deps: Deps): (sample: Sample) => void {
  const { state, moment, steady, wall, isUp, isHeldUp } = inside
  let lastFrameAt = Number.NEGATIVE_INFINITY
  let lastFlushAt = 0

  return (sample) => {
    const value = (name: string): number | undefined => {
      const found = sample.find(([key]) => key === name)?.[2]
      return typeof found === 'number' ? found : undefined
    }
    const inUse = state().evidence.ignition?.on === true
    if (steady() - lastFrameAt >= (inUse ? 10_000 : 60_000) || steady() < lastFrameAt) {
      lastFrameAt = steady()
      const [lat, lon, time, speed] = [value('lat'), value('lon'), value('time'), value('speed')]
      const frame: Frame = {
        kind: 'frame',
        readAt: instant(time ?? wall()),
        timeQuality: time === undefined ? moment().quality : 'gnss',
        ...(lat === undefined || lon === undefined ? { fix: 'none' } : { lat, lon, accuracyM: 4, fix: '3d' }),
        ...(speed === undefined ? {} : { speedKmh: speed }),
        gnssTrust: gnssTrust(state().evidence.trust),
        relay: relayWord(state(), moment()),
      }
      deps.append(frame)
    }
    if (steady() - lastFlushAt < 1000 && steady() >= lastFlushAt) return
    lastFlushAt = steady()
    deps.flush()
    const idle = state().work.work === 'none' && state().memory.open === undefined
    if (isUp() && !isHeldUp()) deps.look(idle)
  }
}
