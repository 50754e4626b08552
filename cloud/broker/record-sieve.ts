/** A PUBLISH of records at QoS 1, taken out of what a connection has sent. */
export type SievedRecords = { readonly messageId: number; readonly payload: Uint8Array }

type Sieve = {
  /** From now on PUBLISHes to this topic (its bytes in UTF-8) are taken out. */
  know(topic: Uint8Array): void
  /**
   * Offers `take` each message that is complete, in order; answers the bytes that are for the broker, if any. Behind a
   * message that is left nothing is offered before the next call: the broker gets it after this one, and order holds.
   */
  sift(chunk: Buffer, take: (records: SievedRecords) => 'taken' | 'left'): Buffer | null
}

/** PUBLISH, QoS 1, not retained; whether it is sent again makes no difference here (MQTT 3.1.1 §3.3.1). */
const isRecordsHead = (byte: number): boolean => (byte & 0xf7) === 0x32
const NONE = Buffer.alloc(0)

/**
 * Pure but for what it remembers. Follows the packets of one connection from its first byte and takes out what nearly all
 * of them are; everything else, and everything that is not as it should be, goes on to the broker byte for byte.
 */
export function createRecordSieve(): Sieve {
  let topic: Uint8Array | undefined
  let held: Buffer = NONE
  /** Bytes still to come of a packet that is the broker's. */
  let passing = 0
  /** What passes began before the topic was known: it may be records too. */
  let isOfOld = false

  /** Where the packet that begins at `at` ends, 0 when more bytes must tell, and whether it is to be taken out. */
  const judge = (bytes: Buffer, at: number): { end: number; bodyAt: number; isRecords: boolean } => {
    let length = 0
    for (let place = at + 1; place < at + 5; place += 1) {
      const byte = bytes[place]
      if (byte === undefined) return UNTOLD
      length += (byte & 0x7f) * 2 ** (7 * (place - at - 1))
      if ((byte & 0x80) === 0) return judgeBody(bytes, at, place + 1, length)
    }
    // A length of more than four bytes is no MQTT: the broker refuses it.
    return { end: at + 5, bodyAt: at + 5, isRecords: false }
  }
  const judgeBody = (bytes: Buffer, at: number, bodyAt: number, length: number) => {
    const end = bodyAt + length
    const other = { end, bodyAt, isRecords: false }
    if (topic === undefined || !isRecordsHead(bytes[at] ?? 0) || length < topic.length + 4) return other
    if (bytes.length < bodyAt + 2) return UNTOLD
    if (bytes.readUInt16BE(bodyAt) !== topic.length) return other
    if (bytes.length < bodyAt + topic.length + 4) return UNTOLD
    const isOurs = bytes.compare(topic, 0, topic.length, bodyAt + 2, bodyAt + 2 + topic.length) === 0
    return isOurs && bytes.readUInt16BE(bodyAt + 2 + topic.length) !== 0 ? { end, bodyAt, isRecords: true } : other
  }

  return {
    know: (records) => {
      topic = records
      isOfOld = passing > 0
    },
    sift: (chunk, take) => {
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      held = NONE
      const passed: Buffer[] = []
      let behind: 'nothing' | 'left' = isOfOld ? 'left' : 'nothing'
      let at = 0
      while (at < bytes.length) {
        if (passing > 0) {
          const part = bytes.subarray(at, at + passing)
          passed.push(part)
          passing -= part.length
          at += part.length
          continue
        }
        const { end, bodyAt, isRecords } = judge(bytes, at)
        if (end === 0 || (isRecords && end > bytes.length)) {
          held = bytes.subarray(at)
          break
        }
        const idAt = bodyAt + 2 + (topic?.length ?? 0)
        const isTaken =
          isRecords &&
          behind === 'nothing' &&
          take({ messageId: bytes.readUInt16BE(idAt), payload: bytes.subarray(idAt + 2, end) }) === 'taken'
        if (isTaken) at = end
        else passing = end - at
        if (isRecords && !isTaken) behind = 'left'
      }
      isOfOld &&= passing > 0
      return passed.length === 0 ? null : passed.length === 1 ? (passed[0] ?? null) : Buffer.concat(passed)
    },
  }
}

const UNTOLD = { end: 0, bodyAt: 0, isRecords: false } as const
