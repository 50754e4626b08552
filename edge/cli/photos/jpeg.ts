import { type Cleaned, cameraNotes, onlyOrientation, tellsPlace } from './exif.ts'

type Segment = { readonly marker: number; readonly from: number; readonly to: number }

const START = 0xd8
const END = 0xd9
const SCAN = 0xda
const APP0 = 0xe0
const APP1 = 0xe1
const APP15 = 0xef
const COMMENT = 0xfe
const EXIF = 'Exif\0\0'
const COLOURS = 'ICC_PROFILE\0'
const ADOBE = 0xee

/** Pure. The picture without what the camera wrote beside it; undefined for what is no whole JPEG (ITU T.81, annex B). */
export function cleanedJpeg(bytes: Uint8Array): Cleaned | undefined {
  const segments = segmentsOf(bytes)
  if (segments === undefined || !segments.some(({ marker }) => marker === SCAN) || !segments.some(isFrame))
    return undefined
  const bodyOf = ({ from, to }: Segment): Uint8Array => bytes.subarray(from + 4, to)
  const exif = segments.find((one) => one.marker === APP1 && begins(bodyOf(one), EXIF))
  const notes = exif === undefined ? undefined : cameraNotes(bodyOf(exif).subarray(EXIF.length))
  const dropped = segments.filter((one) => !isPicture(one, bodyOf(one)))
  const place = notes?.place === 'found' || dropped.some((one) => tellsPlace(bodyOf(one))) ? 'found' : 'none'
  const upright = notes === undefined || notes.orientation === 1 ? [] : [orientationSegment(notes.orientation)]
  const [start, ...rest] = segments.filter((one) => isPicture(one, bodyOf(one)))
  const parts = [start, ...rest].flatMap((one, index) =>
    one === undefined ? [] : [bytes.subarray(one.from, one.to), ...(index === 0 ? upright : [])],
  )
  return { bytes: new Uint8Array(Buffer.concat(parts)), place }
}

/** Every marker with what belongs to it, the scanned data with its scan; what follows the end of the picture is not looked at. */
function segmentsOf(bytes: Uint8Array): readonly Segment[] | undefined {
  const segments: Segment[] = []
  let at = 0
  while (at + 1 < bytes.length) {
    if (bytes[at] !== 0xff) return undefined
    const marker = bytes[at + 1] ?? 0
    // Any number of fill bytes may stand before a marker.
    if (marker === 0xff) {
      at += 1
      continue
    }
    const to = endOf(bytes, at, marker)
    if (to === undefined || to > bytes.length) return undefined
    segments.push({ marker, from: at, to })
    if (marker === END) return segments
    at = to
  }
  return undefined
}

function endOf(bytes: Uint8Array, at: number, marker: number): number | undefined {
  if (marker === START || marker === END || isRestart(marker)) return at + 2
  const length = (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0)
  if (length < 2) return undefined
  let to = at + 2 + length
  if (marker !== SCAN) return to
  // In scanned data 0xff stands before 0x00 or a restart, or it is the next marker.
  while (to + 1 < bytes.length) {
    const next = bytes[to + 1] ?? 0
    if (bytes[to] === 0xff && next !== 0 && next !== 0xff && !isRestart(next)) return to
    to += 1
  }
  return undefined
}

const isRestart = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)

/** Start of frame: every C0 to CF but tables and extensions. */
const isFrame = ({ marker }: Segment): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc

function isPicture({ marker }: Segment, body: Uint8Array): boolean {
  if (marker === COMMENT) return false
  if (marker < APP0 || marker > APP15) return true
  return marker === APP0 || marker === ADOBE || (marker === 0xe2 && begins(body, COLOURS))
}

const begins = (bytes: Uint8Array, word: string): boolean =>
  [...word].every((letter, index) => bytes[index] === letter.charCodeAt(0))

function orientationSegment(orientation: number): Uint8Array {
  const body = Buffer.concat([Buffer.from(EXIF, 'latin1'), onlyOrientation(orientation)])
  const head = Buffer.from([0xff, APP1, 0, 0])
  head.writeUInt16BE(body.length + 2, 2)
  return Buffer.concat([head, body])
}
