/**
 * Follows the packets of one MQTT connection, chunk by chunk; answers false once a packet announces more than `most()`
 * bytes, or a length that is none (MQTT 3.1.1 §2.2.3). So a stranger cannot fill the memory before being refused.
 */
export function createPacketLimit(most: () => number): (chunk: Uint8Array) => boolean {
  let toSkip = 0
  let length = 0
  /** Bytes of the fixed header seen so far: 0 before the type, then the type and up to four of the length. */
  let header = 0
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (toSkip > 0) {
        const skipped = Math.min(toSkip, chunk.length - at)
        toSkip -= skipped
        at += skipped
        continue
      }
      const byte = chunk[at] ?? 0
      at += 1
      header += 1
      if (header === 1) length = 0
      else {
        length += (byte & 0x7f) * 128 ** (header - 2)
        if (length > most() || (header === 5 && byte >= 0x80)) return false
        if (byte < 0x80) [toSkip, header] = [length, 0]
      }
    }
    return true
  }
}
