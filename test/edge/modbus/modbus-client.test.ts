import { describe, expect, test } from 'vitest'
import type { LineSettings } from '../../../edge/modbus/line-settings.ts'
import { createModbusLine, type LineDeps, type ModbusDevice } from '../../../edge/modbus/modbus-client.ts'
import { mbapFrame, rtuFrame } from '../../../edge/modbus/modbus-frame.ts'
import type { WriteRequest } from '../../../edge/modbus/modbus-pdu.ts'
import type { Span } from '../../../edge/modbus/register-plan.ts'
import { createRelayClient } from '../../../edge/modbus/relay-client.ts'
import { loadProfiles } from '../../../edge/profile/profile-store.ts'
import { createFakeLine } from '../../support/fake-modbus-line.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

const profiles = loadProfiles(new URL('../../../device-profiles', import.meta.url).pathname)
const profileOf = (id: string) => {
  const found = profiles.find((one) => one.id === id)
  if (found === undefined) throw new Error(id)
  return found
}
const board = profileOf('waveshare-relay-8ch')

const settings: LineSettings = {
  unitId: 1,
  timeoutMs: 300,
  minTimeoutMs: 300,
  minGapMs: 0,
  maxRegisters: 125,
  addressBase: 0,
  closeAfterPoll: false,
  connectPauseMs: 0,
}
const coils: Span = { table: 'coil', address: 0, count: 8 }
const block: WriteRequest = { kind: 'write', fc: 5, address: 0, value: 0xff00 }
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const hex = (from: Uint8Array | undefined): string => Buffer.from(from ?? []).toString('hex')
const stop = new AbortController().signal

function bench(framing: LineDeps['framing'], over: Partial<LineSettings> = {}, more: Partial<LineDeps> = {}) {
  const manual = createManualClock()
  // What was begun before the clock is turned gets to the point where it waits.
  const advance = (length: number) => manual.advance(0).then(() => manual.advance(length))
  const clock = { ...manual, advance }
  const line = createFakeLine()
  const modbus = createModbusLine({
    name: 'test',
    open: line.open,
    framing,
    silenceMs: framing === 'rtu' ? 4 : 0,
    clock,
    random: () => 0.5,
    log: silentLog,
    ...more,
  })
  return { clock, line, modbus, device: modbus.device(board, { ...settings, ...over }) }
}

const COILS_OFF = rtuFrame(1, bytes('01 01 00'))
const COILS_ON = rtuFrame(1, bytes('01 01 01'))

test('a read brings bits, and the request on the line is the documented one', async () => {
  const { line, device } = bench('rtu')
  line.answer(() => COILS_ON)
  expect(await device.read(coils, 'io', stop)).toMatchObject({ kind: 'values', values: [1, 0, 0, 0, 0, 0, 0, 0] })
  expect(hex(line.sent[0])).toBe('0101000000083dcc')
})

describe('failures are answers with a reason', () => {
  test.each([
    { name: 'silence', reply: undefined, reason: 'timeout', asked: 3 },
    { name: 'a wrong CRC', reply: bytes('01 01 01 00 51 89'), reason: 'crc', asked: 3 },
    { name: 'an exception', reply: rtuFrame(1, bytes('81 02')), reason: 'exception-2', asked: 1 },
    { name: 'another unit', reply: rtuFrame(2, bytes('01 01 00')), reason: 'timeout', asked: 3 },
  ])('$name → $reason, asked $asked times', async ({ reply, reason, asked }) => {
    const { clock, line, device } = bench('rtu')
    line.answer(() => reply)
    const read = device.read(coils, 'io', stop)
    await clock.advance(5000)
    expect(await read).toEqual({ kind: 'failed', reason })
    expect(line.sent).toHaveLength(asked)
  })

  test('a timeout ends when its time is up on the given clock, not before', async () => {
    const { clock, line, device } = bench('rtu')
    let isDone = false
    const read = device.read(coils, 'io', stop).then(() => {
      isDone = true
    })
    await clock.advance(299)
    expect(line.sent).toHaveLength(1)
    expect(isDone).toBe(false)
    await clock.advance(5000)
    await read
    expect(isDone).toBe(true)
  })

  test('the second attempt may succeed', async () => {
    const { clock, line, device } = bench('rtu')
    line.answer(() => (line.sent.length === 1 ? undefined : COILS_OFF))
    const read = device.read(coils, 'io', stop)
    await clock.advance(2000)
    expect(await read).toMatchObject({ kind: 'values' })
  })
})

describe('a late answer is never taken for the answer to the next request', () => {
  test('RTU: the same read asked again waits until the late answer can no longer come', async () => {
    const { clock, line, device } = bench('rtu')
    line.answer(() => undefined)
    const read = device.read(coils, 'io', stop)
    await clock.advance(300)
    expect(line.sent).toHaveLength(1)
    // The relay has switched meanwhile; what arrives now is the state of before.
    line.say(COILS_OFF)
    line.answer(() => COILS_ON)
    await clock.advance(300)
    expect(await read).toMatchObject({ kind: 'values', values: [1, 0, 0, 0, 0, 0, 0, 0] })
    expect(line.sent).toHaveLength(2)
  })

  test('RTU: late inputs do not answer a read of relays', async () => {
    const { clock, line, device } = bench('rtu')
    line.answer((request) => (request[1] === 2 ? undefined : rtuFrame(1, bytes('02 01 ff'))))
    const inputs = device.read({ table: 'discrete', address: 0, count: 8 }, 'slow', stop)
    const relays = device.read(coils, 'io', stop)
    await clock.advance(5000)
    expect(await inputs).toEqual({ kind: 'failed', reason: 'timeout' })
    expect(await relays).toEqual({ kind: 'failed', reason: 'timeout' })
  })

  test('TCP: the transaction of an earlier request is dropped, its own is taken', async () => {
    const { clock, line, device } = bench('mbap')
    line.answer(() => undefined)
    const read = device.read(coils, 'io', stop)
    await clock.advance(300)
    const first = line.sent[0] ?? bytes('00 00')
    line.answer((request) => {
      const late = mbapFrame(((first[0] ?? 0) << 8) + (first[1] ?? 0), 1, bytes('01 01 00'))
      return Uint8Array.from([
        ...late,
        ...mbapFrame(((request[0] ?? 0) << 8) + (request[1] ?? 0), 1, bytes('01 01 01')),
      ])
    })
    await clock.advance(600)
    expect(await read).toMatchObject({ kind: 'values', values: [1, 0, 0, 0, 0, 0, 0, 0] })
  })

  test('TCP: a stream that lost its framing is closed and opened anew', async () => {
    const { clock, line, device } = bench('mbap')
    line.answer((request) =>
      line.openings() === 1 ? bytes('ff ff ff ff ff ff ff ff') : mbapFrame(request[1] ?? 0, 1, bytes('01 01 00')),
    )
    const read = device.read(coils, 'io', stop)
    await clock.advance(2000)
    expect(await read).toMatchObject({ kind: 'values' })
    expect(line.openings()).toBe(2)
  })
})

describe('one line, many askers', () => {
  test('one request is in flight, and the more urgent lane goes first', async () => {
    const { clock, line, device } = bench('rtu')
    const order: string[] = []
    const ask = (address: number, lane: Parameters<ModbusDevice['read']>[1]) =>
      device.read({ table: 'coil', address, count: 1 }, lane, stop).then(() => order.push(lane))
    line.answer(() => undefined)
    const slow = ask(9, 'slow')
    await clock.advance(1)
    expect(line.sent).toHaveLength(1)
    const others = [ask(4, 'gps'), ask(3, 'io'), ask(2, 'verify')]
    const written = device.write(block, stop).then(() => order.push('order'))
    line.answer((request) => (request[1] === 5 ? request : rtuFrame(1, bytes('01 01 00'))))
    await clock.advance(10_000)
    await Promise.all([slow, ...others, written])
    expect(order).toEqual(['order', 'verify', 'io', 'gps', 'slow'])
  })

  test('between two frames the line rests', async () => {
    const { clock, line, device } = bench('rtu', { minGapMs: 50 })
    line.answer(() => COILS_OFF)
    await device.read(coils, 'io', stop)
    const second = device.read(coils, 'io', stop)
    await clock.advance(49)
    expect(line.sent).toHaveLength(1)
    await clock.advance(1)
    await second
    expect(line.sent).toHaveLength(2)
  })
})

describe('writes', () => {
  test('a declared value is written once and its echo is awaited', async () => {
    const { line, device } = bench('rtu')
    line.answer((request) => request)
    await device.write(block, stop)
    expect(line.sent.map(hex)).toEqual(['01050000ff008c3a'])
  })

  test('a write without an answer is not repeated', async () => {
    const { clock, line, device } = bench('rtu')
    const written = device.write(block, stop).catch((error: Error) => error.message)
    await clock.advance(60_000)
    expect(await written).toBe('write not acknowledged: timeout')
    expect(line.sent).toHaveLength(1)
  })

  test.each([
    { name: 'toggle', request: { kind: 'write', fc: 5, address: 0, value: 0x5500 } },
    { name: 'another relay', request: { kind: 'write', fc: 5, address: 1, value: 0xff00 } },
    { name: 'all relays', request: { kind: 'write', fc: 5, address: 0xff, value: 0xff00 } },
    { name: 'a register', request: { kind: 'write', fc: 6, address: 0x4000, value: 2 } },
  ] as const)('$name never reaches the line', async ({ request }) => {
    const { line, device } = bench('rtu')
    line.answer((asked) => asked)
    await expect(device.write(request, stop)).rejects.toThrow(/write refused/)
    expect(line.sent).toEqual([])
    expect(line.openings()).toBe(0)
  })

  test.each([
    { name: 'broadcast', over: { unitId: 0 }, profile: board },
    { name: 'an experimental profile', over: {}, profile: { ...board, status: 'experimental' as const } },
    { name: 'a receiver', over: {}, profile: profileOf('ebyte-e108-d01') },
  ])('$name writes nothing', async ({ over, profile }) => {
    const { line, modbus } = bench('rtu')
    line.answer((asked) => asked)
    await expect(modbus.device(profile, { ...settings, ...over }).write(block, stop)).rejects.toThrow(/write refused/)
    expect(line.sent).toEqual([])
  })

  test('a write behind a slow request asks once more when the line is free, and sends nothing when told no', async () => {
    const { clock, line, modbus } = bench('rtu')
    const device = modbus.device(board, settings)
    const relay = createRelayClient({ modbus: device, profile: board, clock })
    // The line is busy with an input that does not answer; meanwhile the ignition comes on.
    line.answer(() => undefined)
    const inputs = device.read({ table: 'discrete', address: 0, count: 8 }, 'io', stop)
    await clock.advance(1)
    let isParked = true
    const asked: number[] = []
    const mayStill = (): boolean => {
      asked.push(clock.steady())
      return isParked
    }
    const began = clock.steady()
    const written = relay.writeDrive('blocked', stop, mayStill).catch((error: Error) => error.message)
    await clock.advance(100)
    expect(asked).toEqual([])
    isParked = false
    line.answer((request) => (request[1] === 5 ? request : undefined))
    await clock.advance(5000)
    expect(await written).toBe('write withheld: its reason is gone')
    await inputs
    expect(asked).toHaveLength(1)
    expect((asked[0] ?? 0) - began).toBeGreaterThanOrEqual(299)
    expect(line.sent.map((frame) => frame[1])).not.toContain(5)
    // The line is none the worse for it: the next one, still wanted, goes out.
    isParked = true
    const again = relay.writeDrive('blocked', stop, mayStill)
    await clock.advance(1000)
    await again
    expect(line.sent.map((frame) => frame[1])).toContain(5)
  })

  test('an echo of another value is no acknowledgement', async () => {
    const { clock, line, device } = bench('rtu')
    line.answer(() => bytes('01 05 00 00 00 00 CD CA'))
    const written = device.write(block, stop).catch((error: Error) => error.message)
    await clock.advance(1000)
    expect(await written).toBe('write not acknowledged: decode')
  })
})

describe('a line that comes and goes', () => {
  test('an unreachable line is tried at a growing pace, by orders at once', async () => {
    const { clock, line, device } = bench('rtu')
    line.refuseOpening(new Error('no route'))
    expect(await device.read(coils, 'io', stop)).toEqual({ kind: 'failed', reason: 'offline' })
    expect(line.openings()).toBe(1)
    await device.read(coils, 'io', stop)
    expect(line.openings()).toBe(1)
    await device.write(block, stop).catch(() => undefined)
    expect(line.openings()).toBe(2)
    // Two failures: the next pause is 2 s.
    await clock.advance(1999)
    await device.read(coils, 'io', stop)
    expect(line.openings()).toBe(2)
    await clock.advance(1)
    line.refuseOpening(undefined)
    line.answer(() => COILS_OFF)
    expect(await device.read(coils, 'io', stop)).toMatchObject({ kind: 'values' })
  })

  test('a server that closes after its reply is simply connected to again', async () => {
    const { clock, line, device } = bench('rtu')
    line.answer(() => COILS_OFF)
    await device.read(coils, 'io', stop)
    line.cut()
    const second = device.read(coils, 'io', stop)
    await clock.advance(10)
    expect(await second).toMatchObject({ kind: 'values' })
    expect(line.openings()).toBe(2)
  })

  test('a line lost in the middle of a request is opened again for the retry', async () => {
    const { clock, line, device } = bench('rtu')
    line.answer(() => {
      if (line.openings() === 1) line.cut()
      return line.openings() === 1 ? undefined : COILS_OFF
    })
    const read = device.read(coils, 'io', stop)
    await clock.advance(1000)
    expect(await read).toMatchObject({ kind: 'values' })
  })

  test('a device that wants it is disconnected after each poll', async () => {
    const { clock, line, device } = bench('rtu', { closeAfterPoll: true })
    line.answer(() => COILS_OFF)
    await device.read(coils, 'io', stop)
    await clock.advance(10)
    await device.read(coils, 'io', stop)
    expect(line.openings()).toBe(2)
  })

  test('a half-open connection is given up after six timeouts without a byte, and a new one is made', async () => {
    const { clock, line, device } = bench('mbap', {}, { halfOpenAfter: 6 })
    // The peer is gone without a word: the first connection takes requests for ever and answers none.
    line.answer((request) =>
      line.openings() === 1 ? undefined : mbapFrame((request[0] ?? 0) * 256 + (request[1] ?? 0), 1, bytes('01 01 01')),
    )
    const first = device.read(coils, 'io', stop)
    await clock.advance(2000)
    expect(await first).toEqual({ kind: 'failed', reason: 'timeout' })
    expect(line.openings()).toBe(1)
    const second = device.read(coils, 'io', stop)
    await clock.advance(2000)
    expect(await second).toEqual({ kind: 'failed', reason: 'timeout' })
    const third = device.read(coils, 'io', stop)
    await clock.advance(2000)
    expect(await third).toMatchObject({ kind: 'values' })
    expect(line.openings()).toBe(2)
  })

  test('one dead device on a line that others answer on never closes it', async () => {
    const { clock, line, modbus, device } = bench('rtu', {}, { halfOpenAfter: 6 })
    const dead = modbus.device(board, { ...settings, unitId: 9 })
    line.answer((request) => (request[0] === 1 ? COILS_OFF : undefined))
    for (let round = 0; round < 5; round += 1) {
      const silent = dead.read(coils, 'io', stop)
      await clock.advance(5000)
      await silent
      const heard = device.read(coils, 'io', stop)
      await clock.advance(100)
      expect(await heard).toMatchObject({ kind: 'values' })
    }
    expect(line.openings()).toBe(1)
  })

  test('a closed line answers nothing more', async () => {
    const { clock, line, modbus, device } = bench('rtu')
    line.answer(() => COILS_OFF)
    await device.read(coils, 'io', stop)
    modbus.close()
    const read = device.read(coils, 'io', stop)
    await clock.advance(10_000)
    expect(await read).toEqual({ kind: 'failed', reason: 'offline' })
    expect(line.sent).toHaveLength(1)
  })
})

test('the timeout shrinks to four times the measured latency, not below the device its limit', async () => {
  const { clock, line, device } = bench('rtu', { timeoutMs: 300, minTimeoutMs: 100 })
  line.answer(() => COILS_OFF)
  for (let round = 0; round < 32; round += 1) {
    const read = device.read(coils, 'io', stop)
    await clock.advance(5)
    await read
  }
  line.answer(() => undefined)
  const asked = line.sent.length
  const read = device.read(coils, 'verify', stop)
  // 100 ms of waiting, then the rest in which the late answer might still come.
  await clock.advance(405)
  expect(line.sent).toHaveLength(asked + 2)
  await clock.advance(5000)
  await read
})
