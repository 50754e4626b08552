import { describe, expect, test } from 'vitest'
import { DeviceId } from '#contract/ids.ts'
import { epochMs, millis } from '#contract/instant.ts'
import { emptyUnit, memberAt, readingsOfLoss, readingsOfMessage } from '../../../edge/local-bus/bus-message.ts'
import { isForeignCanFrame } from '../../../edge/local-bus/can-request.ts'
import { parseProfile } from '../../../edge/profile/profile-text.ts'
import { phoneUnit, relayUnit } from './garage.ts'

const look = { now: epochMs(1_795_294_720_000), steadyAt: millis(1000), notBefore: epochMs(0) }
const relay = { device: DeviceId.parse('relay'), profile: relayUnit.profile }
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const say = (topic: string, payload: Uint8Array) =>
  readingsOfMessage(emptyUnit, relay, { topic, payload }, look).readings
const ofDrive = (payload: Uint8Array) => say('status/switch:0', payload).find(({ name }) => name === 'drive')

describe('what a unit may throw at us is bad, and nothing else', () => {
  test.each([
    { name: 'bytes that are no UTF-8', payload: Uint8Array.from([0xff, 0xfe, 0x00]), reason: 'decode' },
    { name: 'nothing', payload: bytes(''), reason: 'decode' },
    {
      name: 'a message of 20 000 bytes',
      payload: bytes(`{"output":true,"x":"${'y'.repeat(20_000)}"}`),
      reason: 'decode',
    },
    { name: 'a list', payload: bytes('[true]'), reason: 'missing' },
    { name: 'a bare null', payload: bytes('null'), reason: 'missing' },
    { name: 'an object as the value', payload: bytes('{"output":{"on":true}}'), reason: 'decode' },
    { name: 'a member inherited by every object', payload: bytes('{"__proto__":{"output":true}}'), reason: 'missing' },
    { name: 'nesting without end', payload: bytes('['.repeat(8000)), reason: 'decode' },
    { name: 'not a number', payload: bytes('{"output":NaN}'), reason: 'decode' },
  ])('$name', ({ payload, reason }) => {
    expect(ofDrive(payload)).toMatchObject({ quality: 'bad', reason })
    expect(ofDrive(payload)).not.toHaveProperty('value')
  })

  test('a topic that the profile does not read gives no reading', () => {
    expect(say('status/wifi', bytes('{"output":true}'))).toEqual([])
  })
})

test.each([
  [['constructor'], undefined],
  [['toString', 'length'], undefined],
  [['a', 0, 'b'], 1],
  [['a', 1], undefined],
  [['length'], undefined],
])('the member at %j is %j', (path, expected) => {
  expect(memberAt({ a: [{ b: 1 }] }, path)).toBe(expected)
})

test('a layout of a message gives the time of a fix', () => {
  const read = parseProfile(
    `schema: kordon-profile/1
id: some-tracker
revision: 1
status: documented
products: [{brand: Some, model: Tracker}]
sources: [{title: a manual}]
transport: {mqtt: {qos: 1}}
readings: {time: {topic: t, path: [utc], dateTime: YYYYMMDDhhmmss, capability: position.time}}
`,
    'some-tracker.yaml',
  )
  if (!('profile' in read)) throw new Error('refused')
  const source = { device: DeviceId.parse('t'), profile: read.profile }
  const of = (payload: string) =>
    readingsOfMessage(emptyUnit, source, { topic: 't', payload: bytes(payload) }, look).readings[0]
  expect(of('{"utc":"20261121205835"}')).toMatchObject({ value: 1_795_294_715_000, quality: 'good' })
  expect(of('{"utc":"20261321205835"}')).toMatchObject({ quality: 'bad', reason: 'decode' })
  expect(of('{"utc":20261121205835}')).toMatchObject({ quality: 'bad', reason: 'decode' })
})

test('a jump of the fix time is doubted even across a loss of the unit', () => {
  const source = { device: DeviceId.parse('phone'), profile: phoneUnit.profile }
  const located = (tst: number) => bytes(JSON.stringify({ _type: 'location', lat: 55.75, lon: 37.61, tst }))
  let memory = emptyUnit
  for (const second of [0, 1]) {
    const at = { ...look, steadyAt: millis(1000 + second * 1000) }
    memory = readingsOfMessage(
      memory,
      source,
      { topic: 'owntracks', payload: located(1_795_294_715 + second) },
      at,
    ).memory
  }
  memory = readingsOfLoss(memory, source, { ...look, steadyAt: millis(3000) }).memory
  const at = { ...look, steadyAt: millis(4000) }
  const { readings } = readingsOfMessage(memory, source, { topic: 'owntracks', payload: located(1_795_298_315) }, at)
  expect(readings.find(({ name }) => name === 'time')).toMatchObject({ quality: 'uncertain', reason: 'jump' })
})

const asked = { id: 2015, dlc: 8, rtr: false, extd: false, data: [2, 1, 13, 170, 170, 170, 170, 170] }
const frame = (more: object, ...others: readonly object[]) =>
  JSON.stringify({ bus: '0', type: 'tx', frame: [{ ...asked, ...more }, ...others] })
test.each([
  { name: 'current data asked of all', payload: frame({}), foreign: false },
  { name: 'current data asked of one', payload: frame({ id: 2016 }), foreign: false },
  { name: 'no frame at all', payload: 'status_update', foreign: false },
  { name: 'a door lock', payload: frame({ id: 0x2f0 }), foreign: true },
  { name: 'clearing trouble codes (mode 04)', payload: frame({ data: [1, 4, 0, 0, 0, 0, 0, 0] }), foreign: true },
  { name: 'a diagnostic session (service 10)', payload: frame({ data: [2, 16, 3, 0, 0, 0, 0, 0] }), foreign: true },
  { name: 'an extended address', payload: frame({ extd: true }), foreign: true },
  { name: 'a remote frame', payload: frame({ rtr: true }), foreign: true },
  { name: 'one good and one bad frame', payload: frame({}, { ...asked, id: 1 }), foreign: true },
])('on the CAN bus: $name is foreign: $foreign', ({ payload, foreign }) => {
  expect(isForeignCanFrame(payload)).toBe(foreign)
})
