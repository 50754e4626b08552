import { describe, expect, test } from 'vitest'
import type { RelayDrive } from '../../edge/immobilizer/relay-output.ts'
import { createModbusLine } from '../../edge/modbus/modbus-client.ts'
import { rtuFrame } from '../../edge/modbus/modbus-frame.ts'
import { createRelayClient } from '../../edge/modbus/relay-client.ts'
import { loadProfiles } from '../../edge/profile/profile-store.ts'
import { createFakeLine } from '../support/fake-modbus-line.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { silentLog } from '../support/silent-log.ts'
import type { RelayShape } from './plan.ts'
import { createRelayBoard } from './relay-board.ts'
import { createSmallWorld } from './small-world.ts'

/** The relay as the gateway has it, over a line on which a fault may be in force. */
type Port = {
  fault(shape: RelayShape | undefined): void
  write(target: RelayDrive): Promise<'written' | 'unwritten'>
  read(): Promise<RelayDrive | 'unknown'>
  /** The truth on the board. */
  register(): RelayDrive
}

const UNIT = 1
const [READ_COILS, WRITE_COIL, ON] = [1, 5, 0xff]

function onModbus(): Port {
  const clock = createManualClock()
  const line = createFakeLine()
  const profile = loadProfiles(new URL('../../device-profiles', import.meta.url).pathname).find(
    ({ id }) => id === 'waveshare-relay-8ch',
  )
  if (profile === undefined) throw new Error('the board has a profile')
  let shape: RelayShape | undefined
  let coil = false
  let overdue: Uint8Array | undefined
  /** What the board says; it acts when the request is whole. */
  const said = (request: Uint8Array): Uint8Array => {
    const [, fc = 0, , , high] = request
    if (shape === 'exception') return rtuFrame(UNIT, Uint8Array.of(fc | 0x80, 4))
    if (fc === WRITE_COIL && shape !== 'lies') coil = high === ON
    if (fc === READ_COILS) return rtuFrame(UNIT, Uint8Array.of(fc, 1, coil ? 1 : 0))
    return rtuFrame(UNIT, request.subarray(1, 6))
  }
  line.answer((request) => {
    if (shape === 'timeout') return undefined
    const reply = said(request)
    if (shape === 'crc') reply[reply.length - 1] = (reply.at(-1) ?? 0) ^ 0xff
    if (shape !== 'late-reply') return reply
    overdue = reply
    return undefined
  })
  const modbus = createModbusLine({
    name: 'contract',
    open: line.open,
    framing: 'rtu',
    silenceMs: 4,
    clock,
    random: () => 0.5,
    log: silentLog,
  }).device(profile, {
    unitId: UNIT,
    timeoutMs: 300,
    minTimeoutMs: 300,
    minGapMs: 0,
    maxRegisters: 125,
    addressBase: 0,
    closeAfterPoll: false,
    connectPauseMs: 0,
  })
  const relay = createRelayClient({ modbus, profile, clock })
  const never = new AbortController().signal
  /** Turns the clock until the port has answered; what was on its way too late comes after that. */
  const answered = async <Answer>(asked: Promise<Answer>): Promise<Answer> => {
    let isDone = false
    const done = asked.finally(() => {
      isDone = true
    })
    done.catch(() => {})
    for (let round = 0; round < 100 && !isDone; round += 1) await clock.advance(20)
    const late = overdue
    overdue = undefined
    if (late !== undefined) line.say(late)
    return done
  }
  return {
    fault: (next) => {
      shape = next
    },
    write: (target) =>
      answered(relay.writeDrive(target, never)).then(
        () => 'written' as const,
        () => 'unwritten' as const,
      ),
    read: async () => (await answered(relay.readDrive(never))).drive,
    register: () => (coil ? 'blocked' : 'free'),
  }
}

function inTheSimulator(): Port {
  const world = createSmallWorld(1)
  const board = createRelayBoard(world, 0, () => {})
  const answer = <Word>(ask: (take: (word: Word) => void) => void): Promise<Word> => {
    const heard: Word[] = []
    ask((word) => void heard.push(word))
    world.until(() => heard.length > 0)
    const [word] = heard
    return word === undefined ? Promise.reject(new Error('no answer')) : Promise.resolve(word)
  }
  return {
    fault: (shape) =>
      world.setFaults(shape === undefined ? [] : [{ kind: 'relay', shape, vehicle: 0, at: 0, lasts: 1e9 }]),
    write: (target) => answer((take) => board.write(target, undefined, take)),
    read: () => answer((take) => board.read(take)),
    register: board.register,
  }
}

/** What the immobilizer relies on: an acknowledgement proves nothing, silence neither, and a read tells the register. */
describe.each([
  { name: 'Modbus', open: onModbus },
  { name: 'the simulator', open: inTheSimulator },
])('a relay over $name', ({ open }) => {
  test('is free at first; what is written is acknowledged, done, and read back', async () => {
    const port = open()
    expect(await port.read()).toBe('free')
    for (const target of ['blocked', 'blocked', 'free'] as const) {
      expect(await port.write(target)).toBe('written')
      expect(await port.read()).toBe(target)
      expect(port.register()).toBe(target)
    }
  })

  test.each([
    // A device that says no has done nothing; one whose answer was spoilt or came late has.
    { shape: 'exception', word: 'unwritten', register: 'free' },
    { shape: 'crc', word: 'unwritten', register: 'blocked' },
    { shape: 'late-reply', word: 'unwritten', register: 'blocked' },
    { shape: 'lies', word: 'written', register: 'free' },
  ] as const)('under $shape a block is $word and the register says $register', async ({ shape, word, register }) => {
    const port = open()
    port.fault(shape)
    expect(await port.write('blocked')).toBe(word)
    expect(port.register()).toBe(register)
    port.fault(undefined)
    expect(await port.read()).toBe(register)
    expect(await port.write('free')).toBe('written')
    expect(await port.read()).toBe('free')
  })

  test.each(['timeout', 'late-reply'] as const)(
    'under %s a read is unknown, and its answer is nobody else’s',
    async (shape) => {
      const port = open()
      port.fault(shape)
      expect(await port.read()).toBe('unknown')
      port.fault(undefined)
      expect(await port.write('blocked')).toBe('written')
      expect(await port.read()).toBe('blocked')
    },
  )

  test('nobody answers: the write is unwritten, whether it was done or not', async () => {
    const port = open()
    port.fault('timeout')
    expect(await port.write('blocked')).toBe('unwritten')
    port.fault(undefined)
    expect(await port.read()).toBe(port.register())
  })
})
