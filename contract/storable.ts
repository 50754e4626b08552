const DEEPEST = 32

/**
 * Pure. What keeps a value that came as JSON from being stored anywhere, or undefined: a database knows neither U+0000 nor
 * half of a surrogate pair, and whatever descends into it must come to an end.
 */
export function whyNotStorable(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') return whyNotText(value)
  if (typeof value !== 'object' || value === null) return undefined
  if (depth === DEEPEST) return `nested deeper than ${DEEPEST}`
  for (const [name, inner] of Object.entries(value)) {
    const obstacle = whyNotText(name) ?? whyNotStorable(inner, depth + 1)
    if (obstacle !== undefined) return obstacle
  }
  return undefined
}

function whyNotText(text: string): string | undefined {
  if (text.includes('\0')) return 'a text holds U+0000'
  return text.isWellFormed() ? undefined : 'a text holds half of a surrogate pair'
}
