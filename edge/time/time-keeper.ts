import type { TimeQuality } from '#contract/frame.ts'
import { type EpochMs, epochMs, type Millis } from '#contract/instant.ts'
import { isRolledOver } from './build-date.ts'

/** A moment and where it came from. */
export type WallTime = { readonly at: EpochMs; readonly quality: TimeQuality }

/** What the operating system's clock says, and who vouches for it. */
export type SystemTime = {
  readonly wall: EpochMs
  readonly steady: Millis
  readonly quality: Exclude<TimeQuality, 'gnss'>
}

/** Wall time minus monotonic time: constant while nobody sets the clock. */
type Offset = number

/**
 * All that a gateway knows of time in one boot. Every source is kept as an offset to the monotonic clock, so that a
 * stepped system clock moves nothing by itself.
 */
export type TimeKeeper = {
  /** True time cannot be earlier: what was stored, what the cloud signed, what NTP said. Never moves back. */
  readonly floor: EpochMs
  /** The floor as a running clock: the lower bound that is left when no source speaks. */
  readonly least: Offset
  readonly gnss?: Offset
  /** Fix times that agree among themselves but not with `gnss`, or not yet enough of them. */
  readonly candidate?: { readonly offset: Offset; readonly agreed: number }
  readonly ntp?: Offset
  /** NTP that suddenly says something else, and since when. */
  readonly rival?: { readonly offset: Offset; readonly since: Millis }
  readonly rtc?: Offset
  readonly system?: Offset
  /** Does NTP stand by the system clock at this moment? */
  readonly vouched: 'yes' | 'no'
  /** When this boot first knew the time by anything better than an estimate. */
  readonly syncedAt?: Millis
}

/** Slewing, polling and a receiver's lag stay below this; more is another time. */
const SAME_MS = 2000
const CONFLICT_MS = 10_000
/** A clock that is set while NTP vouches for it is believed after this long. */
const RIVAL_MS = 5 * 60_000
const FIXES_TO_BELIEVE = 3

/** `floor`: what was kept from earlier boots, and never earlier than the software itself. */
export const startKeeping = (floor: EpochMs, steady: Millis): TimeKeeper => ({
  floor,
  least: floor - steady,
  vouched: 'no',
})

const offsetOf = (wall: number, steady: Millis): Offset => wall - steady
const near = (one: Offset, other: Offset | undefined, within: number): boolean =>
  other !== undefined && Math.abs(one - other) <= within

const raised = (keeper: TimeKeeper, at: number, steady: Millis): TimeKeeper =>
  at > keeper.floor
    ? { ...keeper, floor: epochMs(Math.floor(at)), least: Math.max(keeper.least, Math.floor(at) - steady) }
    : keeper

const synced = (keeper: TimeKeeper, steady: Millis): TimeKeeper =>
  keeper.syncedAt === undefined ? { ...keeper, syncedAt: steady } : keeper

/**
 * Pure. Looks at the system clock. Its first word of a boot is held on the monotonic clock; a step afterwards counts
 * only when NTP vouches for it: at once when NTP has just come, after five minutes when it contradicts itself. A clock
 * before the floor (1970, a wrong battery) is not believed, whoever vouches.
 */
export function lookAtSystem(keeper: TimeKeeper, { wall, steady, quality }: SystemTime): TimeKeeper {
  const offset = offsetOf(wall, steady)
  const isPossible = wall >= keeper.floor - SAME_MS
  if (!isPossible) return { ...keeper, vouched: 'no' }
  const vouched = quality === 'ntp' ? 'yes' : 'no'
  const seen = { ...keeper, vouched, ...(keeper.system === undefined ? { system: offset } : {}) } as const
  if (quality === 'rtc') return synced(seen.rtc === undefined ? { ...seen, rtc: offset } : seen, steady)
  return quality === 'ntp' ? hearNtp(seen, offset, steady) : seen
}

function hearNtp(keeper: TimeKeeper, offset: Offset, steady: Millis): TimeKeeper {
  const { ntp, rival, ...rest } = keeper
  const believed = (): TimeKeeper => synced(raised({ ...rest, ntp: offset }, offset + steady, steady), steady)
  if (ntp === undefined || near(offset, ntp, SAME_MS)) return believed()
  if (rival === undefined || !near(offset, rival.offset, SAME_MS))
    return { ...keeper, rival: { offset, since: steady } }
  return steady - rival.since >= RIVAL_MS ? believed() : keeper
}

/**
 * Pure. Takes the time of a good fix. It is refused before the software's date (`notBefore`) and a round of weeks after it: a roll-over,
 * and where NTP says otherwise; one that leaps against the monotonic clock must be said three times in a row.
 */
export function hearFix(
  keeper: TimeKeeper,
  time: EpochMs,
  steady: Millis,
  notBefore: EpochMs,
): { readonly keeper: TimeKeeper; readonly heard: 'taken' | 'refused' } {
  const offset = offsetOf(time, steady)
  if (isRolledOver(time, notBefore) || (keeper.ntp !== undefined && !near(offset, keeper.ntp, CONFLICT_MS)))
    return { keeper, heard: 'refused' }
  if (near(offset, keeper.gnss, CONFLICT_MS)) {
    const { candidate: _settled, ...rest } = keeper
    return { keeper: { ...rest, gnss: offset }, heard: 'taken' }
  }
  const { candidate } = keeper
  const agreed = candidate !== undefined && near(offset, candidate.offset, CONFLICT_MS) ? candidate.agreed + 1 : 1
  const waiting: TimeKeeper = { ...keeper, candidate: { offset, agreed } }
  if (agreed < FIXES_TO_BELIEVE) return { keeper: waiting, heard: keeper.gnss === undefined ? 'taken' : 'refused' }
  const { candidate: _proved, ...rest } = waiting
  return { keeper: synced({ ...rest, gnss: offset }, steady), heard: 'taken' }
}

/** Pure. Takes a moment that the cloud has signed: it has passed. */
export const hearCloud = (keeper: TimeKeeper, signed: EpochMs, steady: Millis): TimeKeeper =>
  raised(keeper, signed, steady)

/** Is NTP of one mind, now? Only then may it judge an order's life. */
const ntpOf = ({ ntp, rival }: TimeKeeper): Offset | undefined => (rival === undefined ? ntp : undefined)

/**
 * Pure. What time it is, never before the floor. A clock that NTP sets is as good as a fix for stamping and cannot be
 * spoofed, so between fixes it goes first; then the last fixes, a clock with a battery, and last what the system
 * believed at the start.
 */
export function timeNow(keeper: TimeKeeper, steady: Millis): WallTime {
  const ntp = ntpOf(keeper)
  const best: readonly [Offset | undefined, TimeQuality] =
    ntp !== undefined
      ? [ntp, 'ntp']
      : keeper.gnss !== undefined
        ? [keeper.gnss, 'gnss']
        : keeper.rtc !== undefined
          ? [keeper.rtc, 'rtc']
          : [keeper.ntp ?? keeper.system, 'estimated']
  const [offset, quality] = best
  const least = steady + keeper.least
  const at = offset === undefined ? least : steady + offset
  // Below the floor every source is wrong: what is left is the floor itself, gone on since it was set.
  return at >= least - CONFLICT_MS
    ? { at: epochMs(Math.round(at)), quality }
    : { at: epochMs(Math.round(least)), quality: 'estimated' }
}

/** Pure. How good the clock is for judging an order's life: GNSS never is. */
export const orderQuality = (keeper: TimeKeeper): Exclude<TimeQuality, 'gnss'> =>
  keeper.vouched === 'yes' && ntpOf(keeper) !== undefined ? 'ntp' : keeper.rtc !== undefined ? 'rtc' : 'estimated'

/** By what records of a boot that were made before its first sync are dated. */
export type BootSync = { readonly offset: number; readonly quality: TimeQuality; readonly syncedAt: Millis }

/** Pure. Undefined while this boot knows no better than an estimate. */
export function bootSync(keeper: TimeKeeper): BootSync | undefined {
  const { syncedAt } = keeper
  if (syncedAt === undefined) return undefined
  const { at, quality } = timeNow(keeper, syncedAt)
  return quality === 'estimated' ? undefined : { offset: at - syncedAt, quality, syncedAt }
}
