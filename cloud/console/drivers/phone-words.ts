/** Stands where a role sees nothing of a field. */
export const HIDDEN = '•••'

/** Pure. «+7 916 123-45-67»; another country's number, and a masked one, as it is. */
export function phoneWords(phone: string | null): string {
  if (phone === null) return HIDDEN
  const [, area, first, second, third] = /^\+7(\d{3})(\d{3})(\d{2})(\d{2})$/.exec(phone) ?? []
  return area === undefined ? phone : `+7\u00a0${area}\u00a0${first}-${second}-${third}`
}
