import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { crc16, mbapFrame, rtuFrame, unframeMbap, unframeRtu } from '../../../edge/modbus/modbus-frame.ts'
import {
  decodeReply,
  encodeRequest,
  type ModbusRequest,
  readOf,
  replyLength,
  wordsOf,
} from '../../../edge/modbus/modbus-pdu.ts'

const data = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../data/modbus/${name}`, import.meta.url), 'utf8'))
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const hex = (from: Uint8Array): string => Buffer.from(from).toString('hex')

const { frames } = z
  .object({ frames: z.array(z.object({ capture: z.string(), role: z.string(), rtu: z.string() })) })
  .parse(data('rtu-frames.json'))
const { pdus } = z
  .object({
    pdus: z.array(
      z.object({ dir: z.string(), pdu: z.string(), fc: z.number(), args: z.unknown(), pduHex: z.string() }),
    ),
  })
  .parse(data('pdu-encodings.json'))

/** Reads a request of eight bytes as one of ours; undefined for those we never send (functions 15 and longer 16). */
function requestOf(frame: Uint8Array): ModbusRequest | undefined {
  const fc = frame[1]
  const [address = 0, second = 0] = wordsOf(frame.subarray(2, 6))
  if (fc === 1 || fc === 2 || fc === 3 || fc === 4) return { kind: 'read', fc, address, count: second }
  if (fc === 5 || fc === 6) return { kind: 'write', fc, address, value: second }
  if (fc === 16 && second === 1) return { kind: 'write', fc, address, value: wordsOf(frame.subarray(7, 9))[0] ?? 0 }
  return undefined
}

describe('recorded RTU frames of real devices', () => {
  test('every one of the 566 has the CRC that we compute', () => {
    expect(frames).toHaveLength(566)
    const wrong = frames.filter(({ rtu }) => {
      const frame = bytes(rtu)
      return rtuFrame(frame[0] ?? 0, frame.subarray(1, -2)).toString() !== frame.toString()
    })
    expect(wrong).toEqual([])
  })

  test('requests and their responses go through framing and decoding, of every kind we send', () => {
    const seen = new Map<number, number>()
    for (const capture of new Set(frames.map((one) => one.capture))) {
      const requests = frames.filter((one) => one.capture === capture && one.role === 'request')
      const responses = frames.filter((one) => one.capture === capture && one.role === 'response')
      const bus = frames.filter((one) => one.capture === capture && one.role === 'bus')
      const pairs = [
        ...requests.map((one, index) => [one.rtu, responses[index]?.rtu ?? ''] as const),
        ...bus.flatMap((one, index) => {
          const next = bus[index + 1]?.rtu ?? ''
          // Both directions on one line: a request is eight bytes, and its answer as long as it asks for.
          const request = one.rtu.length === 16 ? requestOf(bytes(one.rtu)) : undefined
          const length = request === undefined ? 0 : 2 * (replyLength(request) + 3)
          // Some requests on this bus stayed without an answer: the next frame is then another request.
          const isAnswer = next.slice(0, 4) === one.rtu.slice(0, 4) && next.length === length
          return request?.kind === 'read' && isAnswer ? [[one.rtu, next] as const] : []
        }),
      ]
      for (const [asked, answered] of pairs) {
        const request = requestOf(bytes(asked))
        if (request === undefined) continue
        expect(hex(rtuFrame(bytes(asked)[0] ?? 0, encodeRequest(request)))).toBe(asked)
        const found = unframeRtu(bytes(answered), bytes(asked)[0] ?? 0, request)
        expect(found.kind, `${asked} → ${answered}`).toBe('pdu')
        if (found.kind === 'pdu') expect(decodeReply(request, found.pdu).kind).not.toBe('stranger')
        seen.set(request.fc, (seen.get(request.fc) ?? 0) + 1)
      }
    }
    expect([...seen.keys()].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 16])
    expect(seen.get(3)).toBeGreaterThan(100)
  })

  test('a single flipped bit anywhere in an answer is never taken for an answer', () => {
    const request = readOf('holding', 0, 2)
    const answer = bytes('f703043f800000e42f')
    const good = rtuFrame(0xf7, answer.subarray(1, 7))
    for (let bit = 0; bit < good.length * 8; bit += 1) {
      const damaged = Uint8Array.from(good)
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(unframeRtu(damaged, 0xf7, request).kind, `bit ${bit}`).not.toBe('pdu')
    }
  })
})

const Args = z.object({
  address: z.int().optional(),
  count: z.int().optional(),
  bits: z.array(z.boolean()).optional(),
  registers: z.array(z.int()).optional(),
})
const ours = pdus.filter(({ fc }) => [1, 2, 3, 4, 5, 6].includes(fc))

test.each(ours.filter(({ dir }) => dir === 'request'))('$pdu is encoded as an independent stack does it', (one) => {
  const { address = 0, count = 0, bits, registers } = Args.parse(one.args)
  const request = requestOf(bytes(`01${one.pduHex}0000`))
  expect(request).toMatchObject(
    request?.kind === 'read'
      ? { address, count }
      : { address, value: registers?.[0] ?? (bits?.[0] === true ? 0xff00 : 0) },
  )
  expect(request === undefined ? '' : hex(encodeRequest(request))).toBe(one.pduHex)
})

test.each([
  { name: 'bits', request: readOf('discrete', 17, 2), pdu: '020103', expected: { kind: 'values', values: [1, 1] } },
  {
    name: 'words',
    request: readOf('holding', 0, 2),
    pdu: '030400030011',
    expected: { kind: 'values', values: [3, 17] },
  },
  {
    name: 'ten bits',
    request: readOf('coil', 0, 10),
    pdu: '01020502',
    expected: { kind: 'values', values: [1, 0, 1, 0, 0, 0, 0, 0, 0, 1] },
  },
  {
    name: 'an echo',
    request: { kind: 'write', fc: 5, address: 117, value: 0xff00 },
    pdu: '050075ff00',
    expected: { kind: 'values', values: [] },
  },
  {
    name: 'an echo of 16',
    request: { kind: 'write', fc: 16, address: 117, value: 7 },
    pdu: '1000750001',
    expected: { kind: 'values', values: [] },
  },
  { name: 'an exception', request: readOf('holding', 0, 2), pdu: '8302', expected: { kind: 'exception', code: 2 } },
  {
    name: 'an echo of another value',
    request: { kind: 'write', fc: 5, address: 117, value: 0xff00 },
    pdu: '0500750000',
    expected: { kind: 'stranger' },
  },
  {
    name: 'an echo of another address',
    request: { kind: 'write', fc: 6, address: 202, value: 1 },
    pdu: '0600cb0001',
    expected: { kind: 'stranger' },
  },
  {
    name: 'an answer of another length',
    request: readOf('holding', 0, 2),
    pdu: '0306000300110000',
    expected: { kind: 'stranger' },
  },
  {
    name: 'a byte count that lies',
    request: readOf('holding', 0, 2),
    pdu: '030300030011',
    expected: { kind: 'stranger' },
  },
  { name: 'another function', request: readOf('holding', 0, 2), pdu: '040400030011', expected: { kind: 'stranger' } },
  { name: 'a cut exception', request: readOf('holding', 0, 2), pdu: '83', expected: { kind: 'stranger' } },
] as const)('reply: $name', ({ request, pdu, expected }) => {
  expect(decodeReply(request, bytes(pdu))).toEqual(expected)
})

describe('framing', () => {
  const request = readOf('coil', 0, 8)
  const answer = bytes('01 01 01 00 51 88')

  test('an RTU answer may come byte by byte', () => {
    for (let length = 0; length < answer.length; length += 1) {
      expect(unframeRtu(answer.subarray(0, length), 1, request).kind).toBe('more')
    }
    expect(unframeRtu(answer, 1, request)).toMatchObject({ kind: 'pdu', pdu: bytes('01 01 00') })
    expect(crc16(answer.subarray(0, 4))).toBe(0x8851)
  })

  test.each([
    { name: 'another unit', line: '02 01 01 00 51 88', expected: { kind: 'junk', cause: 'stranger' } },
    { name: 'another function', line: '01 02 01 00 51 88', expected: { kind: 'junk', cause: 'stranger' } },
    { name: 'a wrong CRC', line: '01 01 01 01 51 88', expected: { kind: 'junk', cause: 'crc' } },
    {
      name: 'two frames at once',
      line: '01 01 01 00 51 88 01 01 01 00 51 88',
      expected: { kind: 'junk', cause: 'stranger' },
    },
  ])('RTU: $name is no answer', ({ line, expected }) => {
    expect(unframeRtu(bytes(line), 1, request)).toEqual(expected)
  })

  test('an RTU exception is an answer', () => {
    const write: ModbusRequest = { kind: 'write', fc: 5, address: 0, value: 0x5500 }
    expect(unframeRtu(bytes('01 85 03 02 91'), 1, write)).toMatchObject({ kind: 'pdu', pdu: bytes('85 03') })
  })

  test('MBAP drops the late answer of an earlier transaction and takes its own behind it', () => {
    const late = mbapFrame(6, 1, bytes('03 02 00 01'))
    const own = mbapFrame(7, 1, bytes('03 02 00 02'))
    const found = unframeMbap(Uint8Array.from([...late, ...own]), 7, 1)
    expect(found).toMatchObject({ kind: 'pdu', pdu: bytes('03 02 00 02') })
    expect(unframeMbap(late, 7, 1)).toMatchObject({ kind: 'more', rest: new Uint8Array() })
    expect(unframeMbap(own, 7, 2).kind).toBe('more')
  })

  test('MBAP of another protocol is junk, and a cut header waits', () => {
    expect(unframeMbap(bytes('00 07 00 01 00 05 01 03 02 00 02'), 7, 1)).toEqual({ kind: 'junk', cause: 'stranger' })
    expect(unframeMbap(bytes('00 07 00 00 00'), 7, 1).kind).toBe('more')
    expect(replyLength(readOf('holding', 0, 2))).toBe(6)
  })
})
