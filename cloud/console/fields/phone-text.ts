/** Pure. As phones are kept: a plus and digits; eight at the start is how Russians dial their own country. */
export function phoneOf(typed: string): string {
  const digits = typed.replace(/\D/g, '')
  if (digits === '') return typed.startsWith('+') ? '+' : ''
  return digits.length === 11 && digits.startsWith('8') ? `+7${digits.slice(1)}` : `+${digits}`
}
