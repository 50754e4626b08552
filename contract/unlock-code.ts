import { z } from 'zod'

/**
 * One-time code by which the driver frees the car with no network and no clock: HOTP of RFC 4226 over a secret that the
 * gateway got at its claim and shares with the cloud only. Eight digits, written in two groups of four.
 */
export const UNLOCK_DIGITS = 8
/** How many unused codes the gateway skips: codes that were given out and never typed. */
export const UNLOCK_LOOK_AHEAD = 20

export const UnlockCode = z
  .string()
  .transform((text) => text.replaceAll(/[\s-]/g, ''))
  .pipe(z.string().regex(/^\d{8}$/, 'an unlock code is eight digits'))

/** Pure. The moving factor as HMAC's message: eight bytes, big-endian (RFC 4226 §5.1). */
export function counterBytes(counter: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(counter))
  return bytes
}

/** Pure. Dynamic truncation of an HMAC-SHA-1 (RFC 4226 §5.3) to the last `digits` decimals, zero-padded. */
export function digitsOf(mac: Uint8Array, digits = UNLOCK_DIGITS): string {
  const view = new DataView(mac.buffer, mac.byteOffset, mac.byteLength)
  const offset = view.getUint8(mac.byteLength - 1) & 0x0f
  const number = view.getUint32(offset) & 0x7fff_ffff
  return String(number % 10 ** digits).padStart(digits, '0')
}

/** Told as an event by the gateway that a code has freed, with `data: { counter }`. */
export const UNLOCK_CODE_USED = 'unlock-code-used'
