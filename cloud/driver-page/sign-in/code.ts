import { minutes } from '#contract/instant.ts'

export const CODE_LASTS = minutes(5)
export const SESSION_LASTS = minutes(30 * 24 * 60)
/** Wrong tries of one code. */
export const TRIES = 5
/** Codes asked for within the window: by one number, and from one address (many drivers may share a mobile operator's). */
export const CODES = { window: minutes(15), perPhone: 3, perAddress: 30 } as const
/** A day's worth for one number. */
export const CODES_A_DAY = 10

/** Pure. Six digits from random bytes, every code as likely as any other but for 2⁻²⁰. */
export function digitsFrom(bytes: Uint8Array): string {
  const number = bytes.slice(0, 6).reduce((all, byte) => all * 256 + byte, 0)
  return String(number % 1_000_000).padStart(6, '0')
}

export type Asked = { readonly byPhone: number; readonly byPhoneToday: number; readonly byAddress: number }

/** Pure. Whether one more code may be asked for. */
export const mayAsk = ({ byPhone, byPhoneToday, byAddress }: Asked): boolean =>
  byPhone < CODES.perPhone && byPhoneToday < CODES_A_DAY && byAddress < CODES.perAddress
