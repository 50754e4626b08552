/** Remembers keys, so that a thing that repeats is said once. Bounded: at the limit the oldest key is forgotten. */
export function createFirstTime(limit = 10_000): (key: string) => boolean {
  const seen = new Set<string>()
  return (key) => {
    if (seen.has(key)) return false
    seen.add(key)
    for (const oldest of seen) {
      if (seen.size <= limit) break
      seen.delete(oldest)
    }
    return true
  }
}
