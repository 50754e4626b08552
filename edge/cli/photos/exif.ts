/** What of a camera's notes counts here: is there a place in them, and which way is up (1 to 8, 1 as it lies). */
export type CameraNotes = { readonly place: 'none' | 'found'; readonly orientation: number }

/** A picture without what its camera wrote beside it, and whether a place was in that. */
export type Cleaned = { readonly bytes: Uint8Array; readonly place: CameraNotes['place'] }

const ORIENTATION = 0x0112
const GPS = 0x8825

/** Pure. The first directory of a TIFF block (EXIF 2.32, 4.6.2). Undefined for what is none. */
export function cameraNotes(tiff: Uint8Array): CameraNotes | undefined {
  if (tiff.length < 8) return undefined
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength)
  const order = view.getUint16(0)
  if (order !== 0x4949 && order !== 0x4d4d) return undefined
  const isLittle = order === 0x4949
  const at = view.getUint32(4, isLittle)
  if (at + 2 > tiff.length) return undefined
  const most = Math.floor((tiff.length - at - 2) / 12)
  const count = Math.min(view.getUint16(at, isLittle), most)
  const entries = Array.from({ length: count }, (_, index) => at + 2 + index * 12)
  const found = (tag: number): number | undefined => entries.find((entry) => view.getUint16(entry, isLittle) === tag)
  const turn = found(ORIENTATION)
  const orientation = turn === undefined ? 1 : view.getUint16(turn + 8, isLittle)
  return {
    place: found(GPS) === undefined ? 'none' : 'found',
    orientation: orientation >= 1 && orientation <= 8 ? orientation : 1,
  }
}

/** Pure. A TIFF block that says which way is up, and nothing else. */
export function onlyOrientation(orientation: number): Uint8Array {
  const block = new DataView(new ArrayBuffer(26))
  block.setUint16(0, 0x4d4d)
  block.setUint16(2, 42)
  block.setUint32(4, 8)
  block.setUint16(8, 1)
  block.setUint16(10, ORIENTATION)
  // One SHORT, left-justified in its four bytes; no next directory.
  block.setUint16(12, 3)
  block.setUint32(14, 1)
  block.setUint16(18, orientation)
  return new Uint8Array(block.buffer)
}

/** Pure. XMP and its like are text: a place in it goes by this name (XMP specification, part 2, 2.5). */
export const tellsPlace = (text: Uint8Array): boolean => new TextDecoder('latin1').decode(text).includes('GPSLatitude')
