import { createHmac, timingSafeEqual } from 'node:crypto'

/** Header of a signed message: `t=<epoch seconds>,v1=<hex of HMAC-SHA-256 over "t.body">`. */
export const SIGNATURE_HEADER = 'kordon-signature'
/** An older message is not believed: somebody may have kept it. */
const FRESH_S = 300

const hexOf = (secret: string, second: number, body: string): string =>
  createHmac('sha256', secret).update(`${second}.${body}`).digest('hex')

/** The header for a body that goes out at this moment (epoch milliseconds). */
export function signature(secret: string, body: string, now: number): string {
  const second = Math.floor(now / 1000)
  return `t=${second},v1=${hexOf(secret, second, body)}`
}

/** Whether whoever sent this body knows the secret, and has sent it within five minutes. */
export function isSigned(secret: string, body: string, header: string | undefined, now: number): boolean {
  const found = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? '')
  if (found === null) return false
  const second = Number(found[1])
  if (Math.abs(now / 1000 - second) > FRESH_S) return false
  return timingSafeEqual(Buffer.from(found[2] ?? '', 'hex'), Buffer.from(hexOf(secret, second, body), 'hex'))
}
