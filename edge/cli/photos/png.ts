import { type Cleaned, cameraNotes, tellsPlace } from './exif.ts'

const SIGNATURE_BYTES = 8
/** The picture and its colours (PNG, third edition, 5.6). */
const PICTURE = new Set([
  'IHDR',
  'PLTE',
  'IDAT',
  'IEND',
  'tRNS',
  'gAMA',
  'cHRM',
  'sRGB',
  'iCCP',
  'pHYs',
  'sBIT',
  'bKGD',
])

/** Pure. The picture without what the camera wrote beside it; undefined for what is no whole PNG. */
export function cleanedPng(bytes: Uint8Array): Cleaned | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const kept = [bytes.subarray(0, SIGNATURE_BYTES)]
  let place: Cleaned['place'] = 'none'
  for (let at = SIGNATURE_BYTES; at + 12 <= bytes.length; ) {
    const to = at + 12 + view.getUint32(at)
    if (to > bytes.length) return undefined
    const name = new TextDecoder('latin1').decode(bytes.subarray(at + 4, at + 8))
    const body = bytes.subarray(at + 8, to - 4)
    if (at === SIGNATURE_BYTES && name !== 'IHDR') return undefined
    if (PICTURE.has(name)) kept.push(bytes.subarray(at, to))
    else if (tellsPlace(body) || (name === 'eXIf' && cameraNotes(body)?.place === 'found')) place = 'found'
    if (name === 'IEND') return { bytes: new Uint8Array(Buffer.concat(kept)), place }
    at = to
  }
  return undefined
}
