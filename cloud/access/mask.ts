import type { FieldRight } from './policy.ts'

/** Pure. A phone with its country and its last two digits: `+7 ••• ••-12`. Of anything shorter than seven digits nothing. */
export function maskedPhone(phone: string): string {
  const digits = phone.replaceAll(/\D/g, '')
  if (digits.length < 7) return '•••'
  const country = digits.length > 10 ? `+${digits.slice(0, digits.length - 10)} ` : ''
  return `${country}••• ••-${digits.slice(-2)}`
}

/** Pure. The last two letters or digits of anything long enough to keep the rest a secret. */
export function maskedWord(word: string): string {
  const letters = [...word.replaceAll(/\s/g, '')]
  return letters.length < 6 ? '•••' : `•••${letters.slice(-2).join('')}`
}

/** Pure. A field as a role may see it; null for what it may not. */
export function shown(right: FieldRight, field: string, value: string | null): string | null {
  if (value === null || right === 'hidden') return null
  // What a slice has masked itself stays as it is.
  if (right !== 'masked' || value.includes('•••')) return value
  return /phone/i.test(field) ? maskedPhone(value) : maskedWord(value)
}
