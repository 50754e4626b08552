import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { MOST_PHOTOS, type SheetPhoto } from '#contract/commissioning.ts'
import { megabytes, type PlaceWish, pictureOf } from './photos/picture.ts'
import type { Finding } from './step.ts'

const FOLDER = 'photos'
/** A camera's own file before it is cleaned; beyond it nobody reads the file at all. */
const MOST_READ_BYTES = 40 * 1024 * 1024

export type TakenPhotos =
  | { readonly taken: 'all'; readonly photos: readonly SheetPhoto[]; readonly found: readonly Finding[] }
  | { readonly taken: 'none'; readonly found: readonly Finding[] }

/**
 * The photos of a sheet, in the place of those given before: cleaned, and kept beside the work so far until the cloud has
 * them. One that cannot be taken is named, and then none is.
 */
export function takePhotos(dir: string, files: readonly string[], wish: PlaceWish): TakenPhotos {
  const read = files.map((file) => ({ file: basename(file), picture: readPicture(file, wish) }))
  const refused = read.flatMap(({ file, picture }) =>
    'refused' in picture ? [{ name: `photo ${file}`, state: 'bad' as const, fact: picture.refused }] : [],
  )
  if (files.length > MOST_PHOTOS)
    refused.push({ name: 'photos', state: 'bad', fact: `${files.length} were given, ${MOST_PHOTOS} at most` })
  if (refused.length > 0) return { taken: 'none', found: refused }
  const taken = read.flatMap(({ file, picture }) => {
    if ('refused' in picture) return []
    const { type, location, bytes } = picture
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    return [{ photo: { name: nameOf(file), type, bytes: bytes.length, sha256, location }, bytes }]
  })
  mkdirSync(join(dir, FOLDER), { recursive: true, mode: 0o700 })
  for (const { photo, bytes } of taken) writeFileSync(fileOf(dir, photo), bytes, { mode: 0o600, flush: true })
  const named = new Set(taken.map(({ photo }) => photo.sha256))
  for (const old of readdirSync(join(dir, FOLDER))) if (!named.has(old)) rmSync(join(dir, FOLDER, old), { force: true })
  const photos = taken.map(({ photo }) => photo)
  const found = photos.map((photo) => ({
    name: `photo ${photo.name}`,
    state: 'good' as const,
    fact: photoWords(photo),
  }))
  return { taken: 'all', photos, found }
}

function readPicture(file: string, wish: PlaceWish): ReturnType<typeof pictureOf> {
  try {
    const { size } = statSync(file)
    if (size > MOST_READ_BYTES) return { refused: `has ${megabytes(size)} MB: nobody reads that as a photo` }
    return pictureOf(readFileSync(file), wish)
  } catch (cause) {
    return { refused: `cannot be read: ${cause instanceof Error ? cause.message : cause}` }
  }
}

/** Pure. No name of a file may move a cursor or a folder. */
const nameOf = (file: string): string => file.replaceAll(/[\p{C}\\/]/gu, '_').slice(-120)

const fileOf = (dir: string, { sha256 }: SheetPhoto): string => join(dir, FOLDER, sha256)

/** The picture as it was kept; undefined when it is gone, or is not what was signed. */
export function keptPhoto(dir: string, photo: SheetPhoto): Uint8Array | undefined {
  try {
    const bytes = readFileSync(fileOf(dir, photo))
    return createHash('sha256').update(bytes).digest('hex') === photo.sha256 ? bytes : undefined
  } catch {
    return undefined
  }
}

/** Pure. */
export const photoWords = ({ bytes, location }: SheetPhoto): string =>
  `${megabytes(bytes)} MB, ${{ none: 'no place in it', removed: 'its place was removed', kept: 'its place is kept' }[location]}`
