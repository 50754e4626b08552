import { expect, test } from 'vitest'
import { MOST_PHOTO_BYTES } from '#contract/commissioning.ts'
import { cameraNotes } from '../../../../edge/cli/photos/exif.ts'
import { pictureOf } from '../../../../edge/cli/photos/picture.ts'
import { cameraBlock, exif, jpeg, png } from '../../../support/pictures.ts'

const upright = cameraBlock({ orientation: 1, place: 'untold' })
const turned = cameraBlock({ orientation: 6, place: 'told' })
const xmp = {
  marker: 0xe1,
  body: Buffer.from('http://ns.adobe.com/xap/1.0/\0<x exif:GPSLatitude="55,45N"/>', 'latin1'),
}
const colours = { marker: 0xe2, body: Buffer.from('ICC_PROFILE\0\u0001\u0001colours', 'latin1') }

const taken = (bytes: Uint8Array, wish: 'remove' | 'keep' = 'remove') => {
  const picture = pictureOf(bytes, wish)
  if ('refused' in picture) throw new Error(picture.refused)
  return picture
}
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

test.each([
  { name: 'a JPEG without a word of its camera', bytes: jpeg(), location: 'none' },
  { name: 'a JPEG whose camera knew no place', bytes: jpeg({ beside: [exif(upright)] }), location: 'none' },
  { name: 'a JPEG with a place in its EXIF', bytes: jpeg({ beside: [exif(turned)] }), location: 'removed' },
  { name: 'a JPEG with a place in its XMP', bytes: jpeg({ beside: [xmp] }), location: 'removed' },
  { name: 'a PNG', bytes: png(), location: 'none' },
  { name: 'a PNG with a place in its EXIF', bytes: png([{ name: 'eXIf', body: turned }]), location: 'removed' },
  {
    name: 'a PNG with a place in a text',
    bytes: png([{ name: 'iTXt', body: Buffer.from('XML:com.adobe.xmp\0\0\0\0\0exif:GPSLatitude') }]),
    location: 'removed',
  },
])('$name: $location', ({ bytes, location }) => {
  const picture = taken(bytes)
  expect(picture.location).toBe(location)
  expect(text(picture.bytes)).not.toMatch(/GPSLatitude|Camera/)
  // What is left is a whole picture, with nothing more to take from it.
  expect(taken(picture.bytes)).toEqual({ ...picture, location: 'none' })
})

test('colours and which way is up stay; what hangs behind the end of the picture goes', () => {
  const { bytes } = taken(
    jpeg({ beside: [exif(turned), colours], after: Buffer.from('a second picture, GPSLatitude') }),
  )
  expect(text(bytes)).toContain('ICC_PROFILE')
  expect(text(bytes)).not.toContain('second')
  const at = text(bytes).indexOf('Exif\0\0')
  expect(cameraNotes(bytes.subarray(at + 6))).toEqual({ place: 'none', orientation: 6 })
})

test('by choice every byte stays, and it is said', () => {
  const bytes = jpeg({ beside: [exif(turned)] })
  expect(taken(bytes, 'keep')).toEqual({ type: 'image/jpeg', bytes, location: 'kept' })
  expect(taken(jpeg(), 'keep').location).toBe('none')
})

const long = jpeg({
  beside: Array.from({ length: 140 }, () => ({
    marker: 0xe2,
    body: Buffer.concat([Buffer.from('ICC_PROFILE\0'), Buffer.alloc(60_000)]),
  })),
})
test.each([
  { name: 'no picture', bytes: Buffer.from('%PDF-1.7'), refused: 'is neither JPEG nor PNG' },
  { name: 'nothing', bytes: Buffer.alloc(0), refused: 'is neither JPEG nor PNG' },
  {
    name: 'a telephone’s own form',
    bytes: Buffer.from('\0\0\0\u0018ftypheic', 'latin1'),
    refused: 'is a HEIC picture: set the camera to JPEG',
  },
  { name: 'a JPEG cut short', bytes: jpeg().subarray(0, -2), refused: 'is damaged or cut short' },
  { name: 'a JPEG without a picture', bytes: Buffer.from('ffd8ffd9', 'hex'), refused: 'is damaged or cut short' },
  {
    name: 'a JPEG with a hole',
    bytes: Buffer.concat([jpeg().subarray(0, 30), Buffer.alloc(40)]),
    refused: 'is damaged or cut short',
  },
  { name: 'a PNG cut short', bytes: png().subarray(0, -12), refused: 'is damaged or cut short' },
  { name: 'one that is too large', bytes: long, refused: 'has 8.0 MB, 8.0 at most' },
])('$name: $refused', ({ bytes, refused }) => {
  expect(pictureOf(bytes, 'remove')).toEqual({ refused })
})
test('the bound is that of the contract', () => expect(long.length).toBeGreaterThan(MOST_PHOTO_BYTES))
