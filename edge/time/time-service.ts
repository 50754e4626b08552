import type { TimeQuality } from '#contract/frame.ts'
import { type Clock, type EpochMs, epochMs, type Millis, minutes } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import {
  type BootSync,
  bootSync,
  hearCloud,
  hearFix,
  lookAtSystem,
  orderQuality,
  startKeeping,
  type TimeKeeper,
  timeNow,
  type WallTime,
} from './time-keeper.ts'
import type { TimeStore } from './time-store.ts'

export type TimeService = {
  /** The best time there is, as a clock: the system's own is looked at, never simply believed. */
  readonly clock: Clock
  now(): WallTime
  /** How good `clock` is for judging an order's life. */
  orderQuality(): Exclude<TimeQuality, 'gnss'>
  hearFix(time: EpochMs, at: Millis): 'taken' | 'refused'
  /** Takes a moment that the cloud has signed. */
  hearCloud(signed: EpochMs): void
  /** By what early records of a boot are dated; undefined for one that never knew the time. */
  syncOf(boot: string): BootSync | undefined
}

type Deps = {
  /** The system's clock. */
  readonly clock: Clock
  readonly systemQuality: () => Exclude<TimeQuality, 'gnss'>
  readonly store: TimeStore
  readonly boot: string
  /** Nothing that happens is older than this software. */
  readonly notBefore: EpochMs
  readonly log: Log
}

const KEEP_FLOOR = minutes(10)

/** Keeps the time of one boot, and its floor and first sync on disk. */
export function createTimeService(deps: Deps): TimeService {
  const { clock, store, boot, log } = deps
  const boots = new Map(store.boots())
  let keeper = startKeeping(epochMs(Math.max(deps.notBefore, store.floor() ?? 0)), clock.steady())
  let kept = { floor: keeper.floor, at: clock.steady() }
  let quality: TimeQuality = 'estimated'

  const keepFloor = (patience: number): void => {
    const steady = clock.steady()
    if (keeper.floor === kept.floor || steady - kept.at < patience) return
    kept = { floor: keeper.floor, at: steady }
    try {
      store.raiseFloor(keeper.floor)
    } catch (cause) {
      log.warn({ err: cause }, 'time.unwritable')
    }
  }

  const keepSync = (sync: BootSync): void => {
    boots.set(boot, sync)
    log.info({ quality: sync.quality }, 'time.synced')
    try {
      store.keepBoot(boot, sync)
    } catch (cause) {
      log.warn({ err: cause }, 'time.unwritable')
    }
  }

  const take = (next: TimeKeeper): void => {
    keeper = next
    const sync = boots.has(boot) ? undefined : bootSync(keeper)
    if (sync !== undefined) keepSync(sync)
    keepFloor(KEEP_FLOOR)
  }

  const look = (): Millis => {
    const steady = clock.steady()
    take(lookAtSystem(keeper, { wall: clock.now(), steady, quality: deps.systemQuality() }))
    return steady
  }

  const now = (): WallTime => {
    const steady = look()
    const told = timeNow(keeper, steady)
    if (told.quality !== quality) {
      quality = told.quality
      log.info({ quality }, 'time.quality')
    }
    return told
  }

  return {
    clock: { now: () => now().at, steady: clock.steady, sleep: clock.sleep },
    now,
    orderQuality: () => {
      look()
      return orderQuality(keeper)
    },
    hearFix: (time, at) => {
      look()
      const { keeper: next, heard } = hearFix(keeper, time, at, deps.notBefore)
      take(next)
      return heard
    },
    hearCloud: (signed) => {
      take(hearCloud(keeper, signed, clock.steady()))
      keepFloor(0)
    },
    syncOf: (name) => boots.get(name),
  }
}
