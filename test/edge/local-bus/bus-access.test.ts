import { describe, expect, test } from 'vitest'
import {
  type BusIdentity,
  type BusPlan,
  judgePublish,
  mayHear,
  maySubscribe,
  type PlannedUnit,
  planBus,
} from '../../../edge/local-bus/bus-access.ts'
import { covers, unitTopic } from '../../../edge/local-bus/unit-topic.ts'
import { obdUnit, phoneUnit, relayUnit, tasmotaUnit, unitOf } from './garage.ts'

const planned = (drives: string | undefined, ...units: readonly ReturnType<typeof unitOf>[]): readonly PlannedUnit[] =>
  units.map(({ device, profile, port }) => ({ profile, port, drivesRelay: device === drives }))

const { plan, mistakes } = planBus(planned('relay', relayUnit, obdUnit, phoneUnit, tasmotaUnit))
const unitIn = (from: BusPlan, user: string): BusIdentity => {
  const unit = from.units.find((one) => one.user === user)
  if (unit === undefined) throw new Error(user)
  return { kind: 'unit', unit }
}
const relay = unitIn(plan, 'relay')
const phone = unitIn(plan, 'phone')
const obd = unitIn(plan, 'obd')
const plug = unitIn(plan, 'plug')
const P = 'shellyplus1-a8032abe'

test('the plan of four units has no conflict, one command topic, and listens on loopback', () => {
  expect(mistakes).toEqual([])
  expect([plan.host, plan.port]).toEqual(['127.0.0.1', 1883])
  expect(plan.commands).toEqual([{ topic: `${P}/command/switch:0`, payloads: ['off', 'on'] }])
})

test('a relay that is not the immobilizer has no command topic at all', () => {
  expect(planBus(planned(undefined, relayUnit, tasmotaUnit)).plan.commands).toEqual([])
})

test.each([
  { prefix: 'shellies/a1', topic: 'relay/0', at: 0, whole: 'shellies/a1/relay/0' },
  { prefix: 'plug1', topic: 'stat/POWER', at: 1, whole: 'stat/plug1/POWER' },
  { prefix: 'driver/phone', topic: 'owntracks', at: 1, whole: 'owntracks/driver/phone' },
])('$topic of $prefix is $whole', ({ prefix, topic, at, whole }) => {
  expect(unitTopic(prefix, topic, at)).toBe(whole)
})

describe('publishing', () => {
  test.each([
    { who: 'a unit', as: relay, topic: `${P}/status/switch:0`, verdict: 'allowed' },
    { who: 'a unit, retained', as: relay, topic: `${P}/status/switch:0`, retain: true, verdict: 'stripped' },
    { who: 'a unit, its will retained', as: relay, topic: `${P}/online`, retain: true, verdict: 'allowed' },
    { who: 'a unit, chatter', as: relay, topic: `${P}/events/rpc`, verdict: 'dropped' },
    { who: 'a unit, its own command', as: relay, topic: `${P}/command/switch:0`, payload: 'on', verdict: 'refused' },
    { who: 'a unit, its own request', as: relay, topic: `${P}/command`, payload: 'status_update', verdict: 'refused' },
    { who: 'another unit, the command', as: phone, topic: `${P}/command/switch:0`, payload: 'off', verdict: 'refused' },
    { who: 'another unit, the state', as: phone, topic: `${P}/status/switch:0`, verdict: 'refused' },
    { who: 'another unit, the will', as: plug, topic: `${P}/online`, payload: 'false', verdict: 'refused' },
    { who: 'a remote call', as: phone, topic: `${P}/rpc`, verdict: 'dropped' },
    { who: 'a relay of no installation', as: phone, topic: 'cmnd/other/POWER', payload: 'ON', verdict: 'dropped' },
    { who: 'a CAN frame of another unit', as: relay, topic: 'wican/d4f9/can/tx', verdict: 'refused' },
    { who: 'a CAN frame of the unit itself', as: obd, topic: 'wican/d4f9/can/tx', verdict: 'refused' },
    { who: "the broker's own topics", as: relay, topic: '$SYS/x', verdict: 'refused' },
    { who: 'nobody', as: undefined, topic: `${P}/status/switch:0`, verdict: 'refused' },
    {
      who: 'the immobilizer',
      as: { kind: 'immobilizer' },
      topic: `${P}/command/switch:0`,
      payload: 'on',
      verdict: 'allowed',
    },
    {
      who: 'the immobilizer, retained',
      as: { kind: 'immobilizer' },
      topic: `${P}/command/switch:0`,
      payload: 'on',
      retain: true,
      verdict: 'refused',
    },
    {
      who: 'the immobilizer, toggling',
      as: { kind: 'immobilizer' },
      topic: `${P}/command/switch:0`,
      payload: 'toggle',
      verdict: 'refused',
    },
    {
      who: 'the immobilizer, a second relay',
      as: { kind: 'immobilizer' },
      topic: 'cmnd/plug1/POWER',
      payload: 'ON',
      verdict: 'refused',
    },
    { who: 'the immobilizer, a state', as: { kind: 'immobilizer' }, topic: `${P}/status/switch:0`, verdict: 'refused' },
    {
      who: 'the reader, a question',
      as: { kind: 'reader' },
      topic: `${P}/command`,
      payload: 'status_update',
      verdict: 'allowed',
    },
    {
      who: 'the reader, another question',
      as: { kind: 'reader' },
      topic: `${P}/command`,
      payload: 'reboot',
      verdict: 'refused',
    },
    {
      who: 'the reader, the command',
      as: { kind: 'reader' },
      topic: `${P}/command/switch:0`,
      payload: 'off',
      verdict: 'refused',
    },
    {
      who: 'the reader, a free CAN frame',
      as: { kind: 'reader' },
      topic: 'wican/d4f9/can/tx',
      payload: '{}',
      verdict: 'refused',
    },
  ] as const)('$who on $topic: $verdict', ({ as, topic, verdict, ...said }) => {
    const [payload, retain] = ['payload' in said ? said.payload : 'x', 'retain' in said]
    expect(judgePublish(plan, as, { topic, payload, retain })).toBe(verdict)
  })
})

describe('hearing', () => {
  test.each([
    { who: 'a unit asks for its command', as: relay, filter: `${P}/command/switch:0`, may: true },
    { who: 'a unit asks for all of its own', as: plug, filter: 'cmnd/plug1/#', may: true },
    { who: 'a unit asks for everything', as: relay, filter: '#', may: true },
    { who: 'a unit asks for another', as: phone, filter: `${P}/#`, may: false },
    { who: 'a unit that is told nothing', as: phone, filter: '#', may: false },
    { who: 'the reader asks for a state', as: { kind: 'reader' }, filter: `${P}/status/switch:0`, may: true },
    { who: 'the immobilizer needs no ears', as: { kind: 'immobilizer' }, filter: '#', may: false },
    { who: 'nobody', as: undefined, filter: '#', may: false },
  ] as const)('$who: $may', ({ as, filter, may }) => {
    expect(maySubscribe(plan, as, filter)).toBe(may)
  })

  test.each([
    { who: 'its own command', as: relay, topic: `${P}/command/switch:0`, may: true },
    { who: 'its own request', as: relay, topic: `${P}/command`, may: true },
    { who: 'its own state', as: relay, topic: `${P}/status/switch:0`, may: false },
    { who: 'the state of another', as: phone, topic: `${P}/status/switch:0`, may: false },
    { who: 'the command of another', as: plug, topic: `${P}/command/switch:0`, may: false },
    { who: 'where a phone is', as: relay, topic: 'owntracks/driver/phone', may: false },
    { who: 'chatter that was dropped', as: { kind: 'reader' }, topic: 'dropped', may: false },
  ] as const)('a message of $who is handed over: $may', ({ as, topic, may }) => {
    expect(mayHear(plan, as, topic)).toBe(may)
  })
})

describe('units that cannot live on one broker are named', () => {
  const twin = unitOf('twin', 'shelly-gen2', P)
  test.each([
    { name: 'one prefix twice', units: [relayUnit, twin], says: `two MQTT units say ${P}/online` },
    {
      name: 'one user twice',
      units: [relayUnit, { ...twin, port: { ...twin.port, prefix: 'b', user: 'relay' } }],
      says: 'two MQTT units sign in as relay',
    },
    {
      name: 'our own name',
      units: [{ ...relayUnit, port: { ...relayUnit.port, user: 'kordon-immobilizer' } }],
      says: "the user kordon-immobilizer is the gateway's own",
    },
  ])('$name', ({ units, says }) => {
    expect(planBus(planned(undefined, ...units)).mistakes).toContain(says)
  })
})

test.each([
  ['#', 'a/b', true],
  ['#', '$SYS/x', false],
  ['a/#', 'a', true],
  ['a/+', 'a/b', true],
  ['a/+', 'a/b/c', false],
  ['+/b', 'a/b', true],
  ['a/b', 'a/b', true],
  ['a/b', 'a', false],
  ['a', 'a/b', false],
])('the filter %s covers %s: %s', (filter, topic, expected) => {
  expect(covers(filter, topic)).toBe(expected)
})
