/**
 * Follows MQTT packet boundaries through the chunks of one connection and answers whether every packet begun so far
 * keeps to the limit, from its announced length alone: an oversized packet is refused before it is gathered in memory.
 * Layout: one byte of type and flags, then 1 to 4 bytes of length, 7 bits each, lowest first (MQTT 3.1.1 §2.2.3).
 */
export function createPacketLength(limit: () => number): (chunk: Uint8Array) => boolean {
  let body = 0
  let state: 'type' | 'length' | 'body' = 'type'
  let shift = 0
  const take = (byte: number): boolean => {
    if (state === 'type') {
      state = 'length'
      body = 0
      shift = 0
      return true
    }
    body += (byte & 0x7f) * 2 ** shift
    shift += 7
    if ((byte & 0x80) !== 0) return shift < 28
    state = body === 0 ? 'type' : 'body'
    return body <= limit()
  }
  return (chunk) => {
    let at = 0
    while (at < chunk.length) {
      if (state === 'body') {
        const skipped = Math.min(body, chunk.length - at)
        body -= skipped
        at += skipped
        if (body === 0) state = 'type'
        continue
      }
      if (!take(chunk[at] ?? 0)) return false
      at += 1
    }
    return true
  }
}
