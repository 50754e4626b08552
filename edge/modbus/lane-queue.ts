/** Who goes first on a line, most urgent first. */
export const LANES = ['order', 'verify', 'io', 'gps', 'slow'] as const
export type Lane = (typeof LANES)[number]

/** Waiting jobs of one line; bounded by its callers, each of which waits for its answer before asking again. */
export type LaneQueue<Job> = { put(lane: Lane, job: Job): void; take(): Job | undefined; readonly isEmpty: boolean }

/** First come, first served within a lane; a more urgent lane always goes first. */
export function createLaneQueue<Job>(): LaneQueue<Job> {
  const waiting = new Map<Lane, Job[]>(LANES.map((lane) => [lane, []]))
  const next = (): Job[] | undefined => LANES.map((lane) => waiting.get(lane)).find((jobs) => (jobs?.length ?? 0) > 0)
  return {
    put: (lane, job) => {
      waiting.get(lane)?.push(job)
    },
    take: () => next()?.shift(),
    get isEmpty() {
      return next() === undefined
    },
  }
}
