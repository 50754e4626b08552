import type { z } from 'zod'
import { Fault } from '../http/fault.ts'

/** Pure. The place where a page ended, as an opaque word for the caller. */
export const cursorFrom = (place: object): string => toBase64Url(JSON.stringify(place))

/** Pure. Reads such a word back; throws the fault list/bad-cursor for anything else. */
export function placeFrom<Place>(schema: z.ZodType<Place>, cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return undefined
  try {
    return schema.parse(JSON.parse(fromBase64Url(cursor)))
  } catch {
    throw new Fault('list/bad-cursor')
  }
}

// Percent-encoded first: base 64 of this runtime knows bytes, not letters.
const toBase64Url = (text: string): string =>
  btoa(encodeURIComponent(text)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

const fromBase64Url = (text: string): string => decodeURIComponent(atob(text.replaceAll('-', '+').replaceAll('_', '/')))
