import { expect, test } from 'vitest'
import { DeviceId } from '#contract/ids.ts'
import { epochMs, millis } from '#contract/instant.ts'
import type { LineSettings } from '../../../edge/modbus/line-settings.ts'
import type { ModbusDevice, ReadResult } from '../../../edge/modbus/modbus-client.ts'
import type { Span } from '../../../edge/modbus/register-plan.ts'
import { runPollLoop } from '../../../edge/poll/poll-loop.ts'
import { loadProfiles } from '../../../edge/profile/profile-store.ts'
import type { Reading } from '../../../edge/profile/reading.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

const profiles = loadProfiles(new URL('../../../device-profiles', import.meta.url).pathname)
const profileOf = (id: string) => {
  const found = profiles.find((one) => one.id === id)
  if (found === undefined) throw new Error(id)
  return found
}
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
const floatWords = (value: number): readonly number[] => {
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, value, true)
  return [view.getUint16(0), view.getUint16(2)]
}

function bench(profileId: string, answer: (span: Span, at: number) => ReadResult | number[]) {
  const clock = createManualClock()
  const asked: { readonly span: Span; readonly at: number; readonly lane: string }[] = []
  const told: { readonly at: number; readonly readings: readonly Reading[] }[] = []
  const began = clock.steady()
  const modbus: ModbusDevice = {
    settings,
    read: async (span, lane) => {
      const at = clock.steady() - began
      asked.push({ span, at, lane })
      const result = answer(span, at)
      return Array.isArray(result) ? { kind: 'values', values: result, askedAt: clock.steady() } : result
    },
    write: () => Promise.reject(new Error('a poll never writes')),
  }
  const locks: string[] = []
  const stopping = new AbortController()
  const run = runPollLoop(
    {
      device: DeviceId.parse('one'),
      profile: profileOf(profileId),
      modbus,
      clock,
      random: () => 0.5,
      log: silentLog,
      notBefore: epochMs(0),
      onByteOrderLocked: (order) => locks.push(order),
      onReadings: (readings) => told.push({ at: clock.steady() - began, readings }),
    },
    stopping.signal,
  )
  const stop = async (): Promise<void> => {
    stopping.abort()
    await clock.advance(0)
    await run
  }
  return { clock, asked, told, locks, stop }
}
const timeout: ReadResult = { kind: 'failed', reason: 'timeout' }
const zeros = (span: Span): number[] => Array.from({ length: span.count }, () => 0)
const reading = (told: readonly { readonly readings: readonly Reading[] }[], name: string): Reading | undefined =>
  told.flatMap(({ readings }) => readings).findLast((one) => one.name === name)

test('each group keeps its own beat, in as few requests as its plan allows', async () => {
  const { clock, asked, stop } = bench('waveshare-relay-8ch', zeros)
  await clock.advance(0)
  await clock.advance(2000)
  const io = asked.filter(({ span }) => span.table === 'coil')
  expect(io.map(({ at }) => at)).toEqual([0, 500, 1000, 1500, 2000])
  expect(io[0]).toMatchObject({ span: { address: 0, count: 8 }, lane: 'io' })
  expect(asked.filter(({ span }) => span.table === 'holding')).toHaveLength(1)
  await stop()
})

test('a group that fails marks its own readings and nobody else’s', async () => {
  const { clock, told, stop } = bench('waveshare-relay-8ch', (span) =>
    span.table === 'discrete' ? timeout : zeros(span),
  )
  await clock.advance(0)
  await clock.advance(5000)
  expect(reading(told, 'input1')).toMatchObject({ quality: 'bad', reason: 'timeout' })
  expect(reading(told, 'input1')).not.toHaveProperty('value')
  expect(reading(told, 'drive')).toMatchObject({ quality: 'good', value: 'free' })
  await stop()
})

test('a group that may fail, and does, is asked ever more seldom, and at its pace again once it answers', async () => {
  const { clock, asked, stop } = bench('waveshare-relay-8ch', (span, at) =>
    span.table === 'discrete' && at < 7000 ? timeout : zeros(span),
  )
  await clock.advance(0)
  await clock.advance(20_000)
  const at = asked.filter(({ span }) => span.table === 'discrete').map((one) => one.at)
  expect(at.slice(0, 6)).toEqual([0, 500, 1500, 3500, 7500, 15_500])
  expect(at[6]).toBe(16_000)
  await stop()
})

test('three failures in a row take the device offline; it is probed at 1, 2, 5, 10, 30 s and comes back whole', async () => {
  const { clock, asked, told, stop } = bench('waveshare-relay-8ch', (span, at) => (at < 30_000 ? timeout : zeros(span)))
  await clock.advance(0)
  await clock.advance(29_999)
  const probes = asked.filter(({ span }) => span.table === 'coil').map(({ at }) => at)
  expect(probes).toEqual([0, 500, 1000, 2000, 4000, 9000, 19_000])
  expect(reading(told, 'drive')).toMatchObject({ quality: 'bad', reason: 'offline' })
  expect(reading(told, 'input1')).toMatchObject({ quality: 'bad', reason: 'offline' })
  await clock.advance(25_000)
  expect(reading(told, 'drive')).toMatchObject({ quality: 'good' })
  expect(reading(told, 'input1')).toMatchObject({ quality: 'good' })
  await stop()
})

test('an exception is an answer: the device stays online', async () => {
  const { clock, asked, told, stop } = bench('ebyte-e108-d01', () => ({ kind: 'failed', reason: 'exception-4' }))
  await clock.advance(0)
  await clock.advance(10_000)
  expect(asked.length).toBeGreaterThanOrEqual(11)
  expect(reading(told, 'lat')).toMatchObject({ quality: 'bad', reason: 'exception-4' })
  await stop()
})

test('a block refused twice as an illegal address is split until the good part is read', async () => {
  const { clock, asked, told, stop } = bench('waveshare-relay-8ch', (span) =>
    span.table === 'coil' && span.address + span.count > 4 ? { kind: 'failed', reason: 'exception-2' } : zeros(span),
  )
  await clock.advance(0)
  await clock.advance(3000)
  expect(reading(told, 'drive')).toMatchObject({ quality: 'good', value: 'free' })
  expect(reading(told, 'relay8')).toMatchObject({ quality: 'bad', reason: 'exception-2' })
  const later = asked.filter(({ span, at }) => span.table === 'coil' && at === 3000)
  expect(later.some(({ span }) => span.address === 0 && span.count === 4)).toBe(true)
  await stop()
})

test('a router’s byte order is found after twenty fixes, told once, and its position is good from then on', async () => {
  const text = (value: string): number[] =>
    Array.from({ length: 16 }, (_, at) => ((value.charCodeAt(at * 2) || 0) << 8) | (value.charCodeAt(at * 2 + 1) || 0))
  const { clock, told, locks, stop } = bench('teltonika-rut955', (span, at) => {
    if (span.address !== 143) return zeros(span)
    const words = [
      ...floatWords(55.751244),
      ...floatWords(37.618423),
      ...text(String(1_795_289_123 + at / 1000)),
      ...text(''),
      ...[0, 0, 0, 9],
      ...floatWords(3.5),
    ]
    return words.slice(0, span.count)
  })
  await clock.advance(0)
  await clock.advance(18_000)
  expect(reading(told, 'lat')).toMatchObject({ quality: 'uncertain', reason: 'byte-order-unlocked' })
  await clock.advance(1000)
  expect(locks).toEqual(['DCBA'])
  expect(reading(told, 'lat')).toMatchObject({ quality: 'good', value: expect.closeTo(55.751244, 5) })
  await clock.advance(5000)
  expect(locks).toHaveLength(1)
  await stop()
})

test.each([
  { name: 'a state is dated by its question', profile: 'waveshare-relay-8ch', reading: 'input1', age: 300 },
  { name: 'what belongs to a fix is dated by its answer', profile: 'ebyte-e108-d01', reading: 'lat', age: 0 },
])('of an answer that took 300 ms $name', async ({ profile, reading: name, age }) => {
  const { told, clock, stop } = bench(profile, (span, at) => ({
    kind: 'values',
    values: zeros(span),
    askedAt: millis(at + began - 300),
  }))
  const began = clock.steady()
  await clock.advance(0)
  const { readAt, steadyAt } = reading(told, name) ?? {}
  expect([clock.now() - Number(readAt), clock.steady() - Number(steadyAt)]).toEqual([age, age])
  await stop()
})

test('a listener that throws does not stop the polling', async () => {
  const clock = createManualClock()
  let asked = 0
  const stopping = new AbortController()
  const run = runPollLoop(
    {
      device: DeviceId.parse('one'),
      profile: profileOf('ebyte-e108-d01'),
      modbus: {
        settings,
        read: async (span) => {
          asked += 1
          return { kind: 'values', values: zeros(span), askedAt: clock.steady() }
        },
        write: () => Promise.reject(new Error('a poll never writes')),
      },
      clock,
      random: () => 0.5,
      log: silentLog,
      notBefore: epochMs(0),
      onReadings: () => {
        throw new Error('a mistake elsewhere')
      },
    },
    stopping.signal,
  )
  await clock.advance(0)
  await clock.advance(5000)
  expect(asked).toBeGreaterThanOrEqual(5)
  stopping.abort()
  await clock.advance(0)
  await run
})
