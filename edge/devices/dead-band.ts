import type { Frame } from '#contract/frame.ts'

/** Changes smaller than these are not worth their bytes: a repeated value costs none. */
const HOURS = 0.05
const SATELLITES = 2

/**
 * Pure. The frame with the last one's engine hours and satellites where they hardly differ. Not at an ignition edge:
 * the figures a drive ends with are exact. Place, motion and kilometres are never touched.
 */
export function steadied(next: Frame, last: Frame | undefined): Frame {
  if (last === undefined || next.ignition !== last.ignition) return next
  return {
    ...next,
    ...held('engineHours', next.engineHours, last.engineHours, HOURS),
    ...held('satellites', next.satellites, last.satellites, SATELLITES),
  }
}

/** Few satellites are news by themselves. */
const FEW = 6

function held<Name extends 'engineHours' | 'satellites'>(
  name: Name,
  next: number | undefined,
  last: number | undefined,
  band: number,
): Partial<Record<Name, number>> {
  if (next === undefined || last === undefined || Math.abs(next - last) >= band) return {}
  if (name === 'satellites' && (next < FEW || last < FEW)) return {}
  return { [name]: last } as Partial<Record<Name, number>>
}
