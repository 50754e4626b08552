import type { GatewayId } from '#contract/ids.ts'
import type { PastFrame } from './history.ts'

/** Ids of third-party trackers begin so; they share the form of gateway ids in the journal and in history. */
export const TRACKER_PREFIX = 'gw-tracker'

/** Who saw it: a gateway that is fitted in the vehicle, or somebody else's tracker that travels with it. */
export type SourceKind = 'gateway' | 'tracker'

/** Pure. What kind of source an id of the journal names. */
export const sourceKind = (source: GatewayId): SourceKind => (source.startsWith(TRACKER_PREFIX) ? 'tracker' : 'gateway')

/** A tracker's word counts where no better source has spoken for so long before and after. */
const COVERED_MS = 15 * 60_000

/**
 * Pure. Frames of several sources as one line, oldest first. Two receivers side by side would add their noise to every
 * kilometre, so the fitted gateway goes first, and a tracker (a driver's phone may walk away from the car) fills only
 * what nobody better has covered. Of several trackers the first by id is believed.
 */
export function oneLine(frames: readonly PastFrame[]): readonly PastFrame[] {
  const [first] = frames
  if (first === undefined || frames.every(({ source }) => source === first.source)) return inOrder(frames)
  const trackers = Map.groupBy(
    frames.filter(({ source }) => sourceKind(source) === 'tracker'),
    ({ source }) => source,
  )
  let line = inOrder(frames.filter(({ source }) => sourceKind(source) === 'gateway'))
  for (const source of [...trackers.keys()].sort()) {
    const cover = line
    const filling = (trackers.get(source) ?? []).filter((frame) => !isCovered(cover, frame.readAt))
    line = inOrder([...line, ...filling])
  }
  return line
}

function isCovered(line: readonly PastFrame[], at: number): boolean {
  const next = line[firstFrom(line, at - COVERED_MS)]
  return next !== undefined && next.readAt <= at + COVERED_MS
}

/** The first place whose frame was read at `at` or later. */
function firstFrom(line: readonly PastFrame[], at: number): number {
  let low = 0
  let high = line.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((line[middle]?.readAt ?? 0) < at) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Pure. By time; of one moment in an order that depends on nothing but the frames, so that every store and every order of
 * arrival gives the same line.
 */
function inOrder(frames: readonly PastFrame[]): readonly PastFrame[] {
  let sorted = true
  for (let index = 1; sorted && index < frames.length; index += 1)
    sorted = (frames[index - 1]?.readAt ?? 0) < (frames[index]?.readAt ?? 0)
  return sorted ? frames : frames.toSorted((a, b) => a.readAt - b.readAt || compare(wordsOf(a), wordsOf(b)))
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const wordsOf = ({ source, odometerKm, ...frame }: PastFrame): string =>
  `${source} ${(odometerKm ?? -1).toFixed(3).padStart(15)} ${JSON.stringify([
    frame.position?.lat,
    frame.position?.lon,
    frame.position?.accuracyM,
    frame.speedKmh,
    frame.headingDeg,
    frame.ignition,
    frame.motion,
    frame.fix,
    frame.trust,
  ])}`
