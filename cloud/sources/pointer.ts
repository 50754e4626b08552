/** Pure. What a JSON pointer (RFC 6901) names in a document; undefined where there is nothing. `''` is the document. */
export function pointed(document: unknown, pointer: string): unknown {
  if (pointer === '') return document
  let at: unknown = document
  for (const part of pointer.slice(1).split('/')) {
    if (typeof at !== 'object' || at === null) return undefined
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(at) && !/^(0|[1-9]\d*)$/.test(key)) return undefined
    at = Object.getOwnPropertyDescriptor(at, key)?.value
  }
  return at
}

/** Pure. The same as a line of text: a number is written out; undefined for what is neither, and for nothing. */
export function textAt(document: unknown, pointer: string): string | undefined {
  const found = pointed(document, pointer)
  if (typeof found === 'number') return String(found)
  return typeof found === 'string' && found.trim() !== '' ? found.trim() : undefined
}
