import { describe, expect, test } from 'vitest'
import type { Vehicle } from '../../../cloud/console/api/vehicle.ts'
import { createEventCutter } from '../../../cloud/console/live/event-text.ts'
import { applyToFleet, applyVehicle, immobilizerDiffers } from '../../../cloud/console/live/vehicle-update.ts'
import { fakeFleet, orderOf } from './support/fake-fleet.ts'

const NOW = Date.parse('2026-11-24T11:22:00Z')
const fleet = fakeFleet(NOW)
const [first] = fleet
if (first === undefined || first.lastKnown === null) throw new Error('the fleet is empty')
const CAR = first
const KNOWN = first.lastKnown
const read = (secondsLater: number, speedKmh: number): Vehicle => ({
  ...CAR,
  lastKnown: { ...KNOWN, speedKmh, readAt: new Date(Date.parse(KNOWN.readAt) + secondsLater * 1000).toISOString() },
})

describe('cutting the stream into events', () => {
  test.each([
    { name: 'whole', chunks: ['event: vehicle\ndata: {"a":1}\n\n'] },
    { name: 'cut anywhere', chunks: ['eve', 'nt: vehi', 'cle\nda', 'ta: {"a"', ':1}\n', '\n'] },
    { name: 'with carriage returns', chunks: ['event: vehicle\r\ndata: {"a":1}\r\n\r\n'] },
    { name: 'after a heartbeat', chunks: [': beat\n\n', 'retry: 3000\n', 'event: vehicle\ndata: {"a":1}\n\n'] },
  ])('$name', ({ chunks }) => {
    const cut = createEventCutter()
    expect(chunks.flatMap((chunk) => cut(chunk))).toEqual([{ name: 'vehicle', data: '{"a":1}' }])
  })

  test('several lines of data are one text, an event without a name is a message', () => {
    expect(createEventCutter()('data: a\ndata: b\n\n')).toEqual([{ name: 'message', data: 'a\nb' }])
  })

  test('an unfinished event waits', () => {
    expect(createEventCutter()('event: vehicle\ndata: 1\n')).toEqual([])
  })
})

describe('taking in what the feed says', () => {
  test('newer data replace older, and an older answer that was overtaken does not', () => {
    expect(applyVehicle(read(5, 10), read(9, 20)).lastKnown?.speedKmh).toBe(20)
    expect(applyVehicle(read(9, 20), read(5, 10)).lastKnown?.speedKmh).toBe(20)
  })

  test('steps of an order already read stay when the short form of the same order comes', () => {
    const steps = [
      { state: 'sent', at: new Date(NOW).toISOString(), reason: null, relay: null, evidence: null },
    ] as const
    const full = { ...CAR, immobilizer: { ...CAR.immobilizer, order: orderOf(CAR.id, { steps }, NOW) } }
    const { steps: _left, ...short } = orderOf(CAR.id, { state: 'received' }, NOW)
    const said = applyVehicle(full, { ...CAR, immobilizer: { ...CAR.immobilizer, order: short } })
    expect(said.immobilizer.order).toMatchObject({ state: 'received', steps })
  })

  test('only the cars named change, a car not seen before joins', () => {
    const stranger = { ...CAR, id: 'new', plate: 'Я999ЯЯ99' }
    const after = applyToFleet(
      fleet,
      new Map([
        [CAR.id, read(3, 77)],
        ['new', stranger],
      ]),
    )
    expect(after).toHaveLength(fleet.length + 1)
    expect(after[0]?.lastKnown?.speedKmh).toBe(77)
    expect(after[1]).toBe(fleet[1])
    expect(after.at(-1)?.plate).toBe('Я999ЯЯ99')
  })

  test.each([
    { name: 'a new position', change: read(4, 50), expected: false },
    {
      name: 'another state',
      change: { ...CAR, immobilizer: { ...CAR.immobilizer, state: 'blocked' } } as const,
      expected: true,
    },
    {
      name: 'an order',
      change: { ...CAR, immobilizer: { ...CAR.immobilizer, order: orderOf(CAR.id, {}, NOW) } },
      expected: true,
    },
  ])('$name makes the card be read again: $expected', ({ change, expected }) => {
    expect(immobilizerDiffers(CAR, change)).toBe(expected)
  })
})
