import { MOST_PHOTO_BYTES, type SheetPhoto } from '#contract/commissioning.ts'
import { cleanedJpeg } from './jpeg.ts'
import { cleanedPng } from './png.ts'

/** What is done with the place that a camera wrote into its picture. */
export type PlaceWish = 'remove' | 'keep'

export type Picture = Pick<SheetPhoto, 'type' | 'location'> & { readonly bytes: Uint8Array }

/**
 * Pure. A photo as it may go onto a sheet, or why not. Unless its place is to be kept, all that the camera wrote into it goes
 * but the picture, its colours and which way is up: makers hide places in fields of their own too.
 */
export function pictureOf(bytes: Uint8Array, wish: PlaceWish): Picture | { readonly refused: string } {
  const kind = KINDS.find(({ begins }) => begins.every((byte, index) => bytes[index] === byte))
  if (kind === undefined)
    return { refused: isHeic(bytes) ? 'is a HEIC picture: set the camera to JPEG' : 'is neither JPEG nor PNG' }
  const cleaned = kind.clean(bytes)
  if (cleaned === undefined) return { refused: 'is damaged or cut short' }
  const kept = wish === 'keep' ? bytes : cleaned.bytes
  if (kept.length > MOST_PHOTO_BYTES)
    return { refused: `has ${megabytes(kept.length)} MB, ${megabytes(MOST_PHOTO_BYTES)} at most` }
  const location = cleaned.place === 'none' ? 'none' : wish === 'keep' ? 'kept' : 'removed'
  return { type: kind.type, bytes: kept, location }
}

const KINDS = [
  { type: 'image/jpeg', begins: [0xff, 0xd8, 0xff], clean: cleanedJpeg },
  { type: 'image/png', begins: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], clean: cleanedPng },
] as const

const isHeic = (bytes: Uint8Array): boolean => new TextDecoder('latin1').decode(bytes.subarray(4, 8)) === 'ftyp'

/** Pure. Megabytes with one decimal, as a person reads them. */
export const megabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1)
