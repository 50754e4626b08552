import { z } from 'zod'
import { epochMs } from '#contract/instant.ts'
import { aside, jsonOf, refusedFor, type TrackerMessage, trackerFrame } from './tracker-message.ts'

/** OwnTracks booklet, JSON: times in seconds, metres, km/h. Other members are of no use here. */
const seconds = z.number().min(0).max(4_102_444_800)
const Location = z.looseObject({
  lat: z.number(),
  lon: z.number(),
  tst: seconds,
  acc: aside,
  alt: aside,
  vel: aside,
  cog: aside,
})
const Transition = z.looseObject({
  tst: seconds,
  event: z.enum(['enter', 'leave']),
  desc: z
    .string()
    .transform((text) => text.slice(0, 200).replaceAll('\0', ' ').toWellFormed())
    .optional()
    .catch(undefined),
  lat: aside,
  lon: aside,
  acc: aside,
})
const Lost = z.looseObject({ tst: seconds })
const Typed = z.looseObject({ _type: z.string() })

/** Pure. A payload of `owntracks/{user}/{device}` and its channels, or of HTTP mode; an empty one means nothing. */
export function readOwntracks(payload: Uint8Array): TrackerMessage {
  if (payload.length === 0) return { kind: 'nothing' }
  const typed = Typed.safeParse(jsonOf(payload))
  if (!typed.success) return { kind: 'refused', reason: 'not an OwnTracks message' }
  switch (typed.data._type) {
    case 'location':
      return readLocation(typed.data)
    case 'transition':
      return readTransition(typed.data)
    case 'lwt': {
      const lost = Lost.safeParse(typed.data)
      if (!lost.success) return refusedFor(lost.error)
      const at = epochMs(Math.round(lost.data.tst * 1000))
      return { kind: 'record', record: { kind: 'event', name: 'tracker-lost', at, data: {} }, online: false }
    }
    case 'encrypted':
      return { kind: 'refused', reason: 'encrypted: switch encryption off in the app and use TLS' }
    default:
      return { kind: 'nothing' }
  }
}

function readLocation(message: unknown): TrackerMessage {
  const parsed = Location.safeParse(message)
  if (!parsed.success) return refusedFor(parsed.error)
  const { lat, lon, tst, acc, alt, vel, cog } = parsed.data
  const read = trackerFrame({
    ...{ readAt: epochMs(Math.round(tst * 1000)), lat, lon, fix: '2d', accuracyM: acc, altitudeM: alt },
    // Android writes 0 for a speed and a course that it does not know; 0 is no word about standing.
    speedKmh: vel === undefined || vel <= 0 ? undefined : vel,
    headingDeg: cog === undefined || cog <= 0 ? undefined : cog,
  })
  return read.kind === 'record' ? { ...read, online: true } : read
}

function readTransition(message: unknown): TrackerMessage {
  const parsed = Transition.safeParse(message)
  if (!parsed.success) return refusedFor(parsed.error)
  const { tst, event, desc, lat, lon, acc } = parsed.data
  const told = { event, desc, lat, lon, acc }
  const data = z.record(z.string(), z.json()).parse(JSON.parse(JSON.stringify(told)))
  const at = epochMs(Math.round(tst * 1000))
  return { kind: 'record', record: { kind: 'event', name: 'tracker-transition', at, data }, online: true }
}

const Topic = z.looseObject({ topic: z.string() })

/** Pure. The device that an HTTP payload names by its `topic`, as `owntracks/{user}/{device}`. */
export function deviceInPayload(payload: Uint8Array): string | undefined {
  const parsed = Topic.safeParse(jsonOf(payload))
  return parsed.success ? parsed.data.topic.split('/')[2] : undefined
}
