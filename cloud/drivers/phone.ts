import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { z } from 'zod'

/** A telephone number in E.164, such as `+79161234567`. */
export const Phone = z
  .string()
  .regex(/^\+[1-9][0-9]{6,14}$/)
  .brand<'Phone'>()
export type Phone = z.infer<typeof Phone>

/**
 * Pure. A number as people write it (`8 (916) 123-45-67`, `+7 916 1234567`) in E.164; without a country it is Russian.
 * Undefined when no such number can exist.
 */
export function phoneFrom(written: string): Phone | undefined {
  const parsed = parsePhoneNumberFromString(written, { defaultCountry: 'RU', extract: false })
  const checked = Phone.safeParse(parsed?.isValid() === true ? parsed.number : undefined)
  return checked.success ? checked.data : undefined
}

/** A number in any usual spelling, for request bodies; read by `phoneFrom`. */
export const WrittenPhone = z
  .string()
  .trim()
  .max(40)
  .refine((written) => phoneFrom(written) !== undefined, { error: 'not a telephone number that can exist' })

/** Pure. Reads a number that was checked at the border. */
export const readPhone = (written: string): Phone => Phone.parse(phoneFrom(written))
