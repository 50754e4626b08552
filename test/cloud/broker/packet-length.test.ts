import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPacketLength } from '../../../cloud/broker/packet-length.ts'

const packet = (length: number): Uint8Array => {
  const head = [0x30]
  let rest = length
  do {
    head.push((rest % 128) | (rest >= 128 ? 0x80 : 0))
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  return Uint8Array.from([...head, ...new Uint8Array(length)])
}
const concat = (parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]))

describe('packet length', () => {
  test('is judged from the announcement, before the body has come', () => {
    const keepsTo = createPacketLength(() => 1000)
    expect(keepsTo(packet(1001).slice(0, 3))).toBe(false)
  })

  test('a length that does not end is refused', () => {
    expect(createPacketLength(() => 1e9)(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0xff))).toBe(false)
  })

  test('however packets are cut into chunks, exactly those over the limit are found', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 400 }), (all, size, limit) => {
        const bytes = concat(all.map(packet))
        const keepsTo = createPacketLength(() => limit)
        let fits = true
        for (let at = 0; at < bytes.length && fits; at += size) fits = keepsTo(bytes.slice(at, at + size))
        expect(fits).toBe(all.every((length) => length <= limit))
      }),
    )
  })
})
