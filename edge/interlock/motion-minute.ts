import { type Millis, millis } from '#contract/instant.ts'
import type { MotionSample } from '#contract/order.ts'
import { metresBetween, type Place } from '../position/place.ts'

/** What one second said about motion: its highest speed and its least calm words, whatever their quality. */
export type Look = {
  readonly at: Millis
  readonly speedKmh?: number
  readonly ignition?: boolean
  readonly motion?: boolean
  readonly place?: Place
}

type Looks = { readonly look: Look; readonly before: Looks | undefined }

/**
 * The looks of the last minute, and of up to one more: two runs, so that a new look costs no copy of the others. The
 * simulator and the car take one several times a second.
 */
export type MotionMinute = {
  readonly since: Millis
  readonly run: Looks | undefined
  readonly earlier: Looks | undefined
}

const MINUTE_MS = 60_000
const SECOND_MS = 1000

/**
 * Pure. Adds a look; those of the same second become one, in which nothing that moved is hidden. A state is dated by its
 * question and a fix by its answer, so a look may be a little older than the newest: it goes to its own second.
 */
export function noteLook(minute: MotionMinute | undefined, look: Look): MotionMinute {
  const newest = minute?.run
  if (minute === undefined || newest === undefined) return { since: look.at, run: one(look), earlier: undefined }
  if (secondOf(look) > secondOf(newest.look) && look.at - minute.since > MINUTE_MS)
    return { since: look.at, run: one(look), earlier: minute.run }
  return { ...minute, run: placed(newest, look) }
}

const one = (look: Look): Looks => ({ look, before: undefined })

const secondOf = ({ at }: Look): number => Math.floor(at / SECOND_MS)

/** What is older than all of a run joins its oldest second: a run holds no more seconds than it has. */
function placed({ look: newest, before }: Looks, look: Look): Looks {
  if (secondOf(look) > secondOf(newest)) return { look, before: { look: newest, before } }
  if (secondOf(look) === secondOf(newest) || before === undefined) return { look: merged(newest, look), before }
  return { look: newest, before: placed(before, look) }
}

function merged(a: Look, b: Look): Look {
  const speedKmh = Math.max(a.speedKmh ?? Number.NEGATIVE_INFINITY, b.speedKmh ?? Number.NEGATIVE_INFINITY)
  return {
    ...a,
    ...b,
    at: millis(Math.max(a.at, b.at)),
    ...(Number.isFinite(speedKmh) ? { speedKmh } : {}),
    ...(a.ignition === true ? { ignition: true } : {}),
    ...(a.motion === true ? { motion: true } : {}),
  }
}

/** Pure. The last minute as a report shows it, oldest first, at most 62 samples: one a second. */
export function motionSamples(minute: MotionMinute | undefined, now: Millis): readonly MotionSample[] {
  const looks: Look[] = []
  for (const run of [minute?.run, minute?.earlier])
    for (let at = run; at !== undefined && now - at.look.at <= MINUTE_MS; at = at.before) looks.push(at.look)
  looks.reverse()
  const first = looks.find(({ place }) => place !== undefined)?.place
  return looks.map((look) => sampleOf(look, first, now))
}

const sampleOf = ({ at, speedKmh, ignition, motion, place }: Look, first: Place | undefined, now: Millis) => ({
  ageMs: Math.max(0, Math.round(now - at)),
  ...(speedKmh === undefined ? {} : { speedKmh: tenth(speedKmh) }),
  ...(ignition === undefined ? {} : { ignition }),
  ...(motion === undefined ? {} : { motion }),
  ...(first === undefined || place === undefined ? {} : { fromFirstM: tenth(metresBetween(first, place)) }),
})

const tenth = (value: number): number => Math.round(value * 10) / 10
