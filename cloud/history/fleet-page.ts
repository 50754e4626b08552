import type { VehicleId } from '#contract/ids.ts'
import { type EpochMs, epochMs, later } from '#contract/instant.ts'
import { createIsoTimes } from './iso-times.ts'
import { TRACKER_PREFIX } from './source.ts'

/** A vehicle: its id, its park, and the JSON that stands before its place. */
export type FleetCar = { readonly vehicleId: VehicleId; readonly parkId: string; readonly head: Buffer }

/** Where it is, as JSON up to its age, which is of the moment it is told: the first `length` of these bytes. */
export type FleetPlace = { readAt: EpochMs; bytes: Buffer; length: number }

/** Pure. */
export const carOf = (vehicleId: VehicleId, parkId: string, plate: string): FleetCar => ({
  ...{ vehicleId, parkId },
  head: Buffer.from(`{"vehicleId":"${vehicleId}","plate":${JSON.stringify(plate)}`),
})

/** Pure. Nowhere yet. */
export const nowhere = (): FleetPlace => ({ readAt: EPOCH, bytes: Buffer.alloc(PLACE_BYTES), length: 0 })

const EPOCH = epochMs(0)
const PLACE_BYTES = 400
const iso = createIsoTimes()

/**
 * Takes the cells of a row, empty where nothing is known: times in epoch ms, words of narrow form. Written over what was there:
 * ten thousand buffers that are made anew keep the collector busier than all the rest.
 */
export function moveTo(place: FleetPlace, cells: readonly string[]): void {
  const [
    source = '',
    readAt = '',
    placeAt = '',
    lat = '',
    lon = '',
    accuracyM,
    speedKmh,
    headingDeg,
    ignition,
    ...words
  ] = cells
  const [fix, trust] = words
  const seenBy = source.startsWith(TRACKER_PREFIX) ? 'tracker' : 'gateway'
  const position = lat === '' || lon === '' ? null : `{"lat":${lat},"lon":${lon},"accuracyM":${accuracyM || null}}`
  place.readAt = later(EPOCH, Number(readAt))
  const at = placeAt === '' ? null : `"${iso(later(EPOCH, Number(placeAt)))}"`
  // What cannot be read is not trusted.
  const text = `,"source":"${source}","seenBy":"${seenBy}","readAt":"${iso(place.readAt)}","position":${position},"positionAt":${at},"speedKmh":${speedKmh || null},"headingDeg":${headingDeg || null},"ignition":${ignition || null},"fix":"${fix || 'none'}","trust":"${trust || 'suspect'}","ageS":`
  if (text.length > place.bytes.length) place.bytes = Buffer.alloc(text.length)
  place.length = place.bytes.write(text, 'latin1')
}

/** Pure. The whole answer about these, as of `now`. Bytes: a serializer's text would be copied twice more on its way. */
export function pageOf(told: readonly Told[], nextCursor: VehicleId | null, now: EpochMs): Buffer {
  const tail = `],"nextCursor":${JSON.stringify(nextCursor)}}`
  const bytes = told.reduce((sum, { head, place }) => sum + head.length + place.length + AGE_BYTES, HEAD.length)
  const page = Buffer.allocUnsafe(bytes + tail.length)
  let at = page.write(HEAD, 'latin1')
  for (const [index, { head, place }] of told.entries()) {
    at += head.copy(page, at)
    at += place.bytes.copy(page, at, 0, place.length)
    at += page.write(`${ageOf(place.readAt, now)}}${index + 1 < told.length ? ',' : ''}`, at, 'latin1')
  }
  return page.subarray(0, at + page.write(tail, at, 'latin1'))
}

export type Told = FleetCar & { readonly place: FleetPlace }

const HEAD = '{"items":['
/** The digits of a safe integer, a bracket and a comma. */
const AGE_BYTES = 18

const ageOf = (readAt: EpochMs, now: EpochMs): number => Math.max(0, Math.round((now - readAt) / 1000))
