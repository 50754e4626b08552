/** Pure. A profile's topic as this unit says it: the prefix stands before it, or after its first `prefixAt` levels. */
export function unitTopic(prefix: string, topic: string, prefixAt = 0): string {
  const levels = topic.split('/')
  return [...levels.slice(0, prefixAt), prefix, ...levels.slice(prefixAt)].join('/')
}

/** Pure. Does a topic filter (MQTT 3.1.1 §4.7) cover this topic? Wildcards never reach topics that begin with `$`. */
export function covers(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && !filter.startsWith('$')) return false
  const wanted = filter.split('/')
  const levels = topic.split('/')
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return index === wanted.length - 1
    if (index >= levels.length || (level !== '+' && level !== levels[index])) return false
  }
  return wanted.length === levels.length
}
