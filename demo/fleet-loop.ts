import { type Clock, type EpochMs, epochMs, millis } from '#contract/instant.ts'

/** A simulated car as the loop sees it. */
export type Ticking = {
  /** Lives on for `stepS` seconds, at most one. */
  advance(stepS: number, now: EpochMs): void
  /** A whole second has begun: the receiver says where it is. */
  second(at: EpochMs): void
  /** Keeps what must outlive the process. */
  keep(): void
}

export type FleetLoopDeps = { readonly vehicles: readonly Ticking[]; readonly clock: Clock }

const TICK_MS = 200
const LONGEST_STEP_MS = 1000
const KEEP_EVERY_MS = 15_000
/** After a longer stall (a sleeping laptop) the cars go on from where they were instead of racing after the clock. */
const STALL_MS = 10_000

/** Moves every vehicle with the clock until told to stop. */
export async function runFleetLoop({ vehicles, clock }: FleetLoopDeps, stop: AbortSignal): Promise<void> {
  let last = clock.now()
  let keptAt = last
  while (!stop.aborted) {
    await clock.sleep(millis(TICK_MS), stop)
    const now = clock.now()
    if (now - last > STALL_MS || now < last) last = now
    while (last < now) {
      const next = steppedTo(last, now)
      for (const vehicle of vehicles) {
        vehicle.advance((next - last) / 1000, next)
        if (next % 1000 === 0) vehicle.second(next)
      }
      last = next
    }
    if (now - keptAt >= KEEP_EVERY_MS) {
      keptAt = now
      for (const vehicle of vehicles) vehicle.keep()
    }
  }
  for (const vehicle of vehicles) vehicle.keep()
}

/** The next moment to stop at: now, the next whole second, or the longest step, whichever comes first. */
const steppedTo = (last: EpochMs, now: EpochMs): EpochMs => {
  const wholeSecond = Math.floor(last / 1000) * 1000 + 1000
  return epochMs(Math.min(now, wholeSecond, last + LONGEST_STEP_MS))
}
