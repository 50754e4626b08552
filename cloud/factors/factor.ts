import { z } from 'zod'
import { type Millis, minutes } from '#contract/instant.ts'

/** By what a second factor can be shown. */
export const FactorWay = z.enum(['totp', 'passkey', 'recovery-code'])
export type FactorWay = z.infer<typeof FactorWay>

/** Between password and second factor, and between a question to a key and its answer. */
export const STEP_LIVES: Millis = minutes(5)
export const MOST_TRIES = 5
export const TOTP_PERIOD_S = 30
/** Ten, of 50 bits each: nobody guesses one, and a person can write them down. */
export const RECOVERY_CODES = 10
const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz'

/** Pure. A recovery code from random bytes, as `k7p3m-x9w2q`: no letter that looks like another. */
export function recoveryCodeFrom(random: Uint8Array): string {
  const letters = Array.from(random.subarray(0, 10), (byte) => ALPHABET[byte % ALPHABET.length]).join('')
  return `${letters.slice(0, 5)}-${letters.slice(5)}`
}

/** Pure. A code as a person may have typed it. */
export const plainCode = (typed: string): string => typed.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

/** Pure. The time step a code belongs to, when it fits `delta` steps away from now. */
export const stepOf = (nowMs: number, delta: number): number => Math.floor(nowMs / 1000 / TOTP_PERIOD_S) + delta
