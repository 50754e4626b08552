import { Fix, GnssTrust } from '#contract/frame.ts'
import type { GatewayId } from '#contract/ids.ts'
import { epochMs, later } from '#contract/instant.ts'
import type { PastFrame } from './history.ts'

const EPOCH = epochMs(0)

/** Seven doubles and a word, as migration 0011 writes them, highest byte first. */
const FRAME_BYTES = 58
const FIXES = Fix.options
const TRUSTS = GnssTrust.options

/** Pure. The frames of one source, packed one after another; throws when the bytes are not whole frames. */
export function readPackedFrames(bytes: Uint8Array, source: GatewayId): readonly PastFrame[] {
  if (bytes.length % FRAME_BYTES !== 0) throw new Error(`${bytes.length} bytes are no packed frames`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const frames = new Array<PastFrame>(bytes.length / FRAME_BYTES)
  for (let index = 0, at = 0; index < frames.length; index += 1, at += FRAME_BYTES) {
    const lat = known(view.getFloat64(at + 8))
    const lon = known(view.getFloat64(at + 16))
    const words = view.getInt16(at + 56)
    frames[index] = {
      source,
      readAt: later(EPOCH, view.getFloat64(at)),
      position: lat === null || lon === null ? null : { lat, lon, accuracyM: known(view.getFloat64(at + 24)) },
      speedKmh: known(view.getFloat64(at + 32)),
      headingDeg: known(view.getFloat64(at + 40)),
      odometerKm: known(view.getFloat64(at + 48)),
      ignition: truth(words & 3),
      motion: truth((words >> 2) & 3),
      fix: FIXES[(words >> 4) & 3] ?? 'none',
      // What cannot be read is not trusted.
      trust: TRUSTS[(words >> 6) & 3] ?? 'suspect',
    }
  }
  return frames
}

const known = (value: number): number | null => (Number.isNaN(value) ? null : value)
const truth = (code: number): boolean | null => (code === 0 ? null : code === 2)
