import { describe, expect, test } from 'vitest'
import { deviceInPayload, readOwntracks } from '../../../cloud/trackers/owntracks.ts'
import { deviceOfForwarded, readForwarded } from '../../../cloud/trackers/traccar.ts'

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const TST = 1_795_289_123

describe('OwnTracks', () => {
  const location = {
    _type: 'location',
    lat: 55.75,
    lon: 37.61,
    tst: TST,
    acc: 12,
    vel: 43,
    cog: 271,
    alt: 150,
    batt: 80,
  }

  test('a location becomes a frame without relay and without evidence', () => {
    expect(readOwntracks(bytes(location))).toEqual({
      kind: 'record',
      online: true,
      record: {
        kind: 'frame',
        readAt: TST * 1000,
        timeQuality: 'gnss',
        fix: '2d',
        lat: 55.75,
        lon: 37.61,
        accuracyM: 12,
        speedKmh: 43,
        headingDeg: 271,
        altitudeM: 150,
        gnssTrust: 'ok',
        relay: 'unknown',
      },
    })
  })

  test('a speed of 0 is no word about standing', () => {
    const read = readOwntracks(bytes({ ...location, vel: 0 }))
    expect(read.kind === 'record' ? read.record : read).not.toHaveProperty('speedKmh')
  })

  test.each([
    { name: 'an empty payload', payload: new Uint8Array(), kind: 'nothing' },
    { name: 'a waypoint', payload: bytes({ _type: 'waypoint', tst: TST }), kind: 'nothing' },
    { name: 'a location off the globe', payload: bytes({ ...location, lat: 98 }), kind: 'refused' },
    { name: 'a location without time', payload: bytes({ _type: 'location', lat: 1, lon: 1 }), kind: 'refused' },
    { name: 'an encrypted message', payload: bytes({ _type: 'encrypted', data: 'x' }), kind: 'refused' },
    { name: 'no JSON', payload: new TextEncoder().encode('{'), kind: 'refused' },
    { name: 'a last will', payload: bytes({ _type: 'lwt', tst: TST }), kind: 'record' },
    {
      name: 'a transition',
      payload: bytes({ _type: 'transition', tst: TST, event: 'enter', desc: 'Дом' }),
      kind: 'record',
    },
  ])('$name is $kind', ({ payload, kind }) => {
    expect(readOwntracks(payload).kind).toBe(kind)
  })

  test.each([
    { name: 'Null Island', more: { lat: 0, lon: 0.0004 } },
    { name: 'an accuracy of no use', more: { acc: 1e9 } },
    { name: 'an accuracy that Apple gives to no place', more: { acc: -1 } },
  ])('$name is no place', ({ more }) => {
    const read = readOwntracks(bytes({ ...location, ...more }))
    expect(read).toMatchObject({ kind: 'record', record: { fix: 'none' } })
    expect(read.kind === 'record' ? read.record : read).not.toHaveProperty('lat')
  })

  test('what stands beside a place and is not plausible is left out, and the place stays', () => {
    const read = readOwntracks(bytes({ ...location, vel: 900, cog: 361, alt: null, acc: 'x' }))
    expect(read).toMatchObject({ kind: 'record', record: { lat: 55.75, fix: '2d' } })
    for (const name of ['speedKmh', 'headingDeg', 'altitudeM', 'accuracyM'])
      expect(read.kind === 'record' ? read.record : read).not.toHaveProperty(name)
  })

  test.each([
    { more: { tst: TST * 1000 }, reason: 'tst: Too big: expected number to be <=4102444800' },
    { more: { lat: '55.75' }, reason: 'lat: Invalid input: expected number, received string' },
    { more: { lon: 181 }, reason: 'lon: Too big: expected number to be <=180' },
  ])('refused by name: $reason', ({ more, reason }) => {
    expect(readOwntracks(bytes({ ...location, ...more }))).toEqual({ kind: 'refused', reason })
  })

  test('the name of a place is kept as far as a database can', () => {
    const desc = `\0${'x'.repeat(300)}`
    const read = readOwntracks(bytes({ _type: 'transition', tst: TST, event: 'enter', desc }))
    expect(read).toMatchObject({ kind: 'record', record: { data: { desc: ` ${'x'.repeat(199)}` } } })
  })

  test('HTTP mode names the device in the topic', () => {
    expect(deviceInPayload(bytes({ ...location, topic: 'owntracks/anna/pixel' }))).toBe('pixel')
  })
})

describe('Traccar', () => {
  const position = {
    ...{
      id: 7,
      deviceId: 3,
      protocol: 'gt06',
      serverTime: '2026-11-21T10:00:01.000+00:00',
      outdated: false,
      valid: true,
    },
    ...{ deviceTime: '2026-11-21T10:00:00.000+00:00', fixTime: '2026-11-21T10:00:00.000+00:00' },
    ...{ latitude: 55.75, longitude: 37.61, altitude: 150, speed: 10, course: 90, accuracy: 5, address: null },
    attributes: {
      ignition: true,
      sat: 9,
      odometer: 88_123_450,
      hours: 3_600_000,
      power: 13.9,
      motion: true,
      alarm: 'sos',
    },
  }
  const device = { id: 3, name: 'Car', uniqueId: '861234567890123', status: 'online' }

  test('a forwarded position becomes a frame: knots, metres and milliseconds are converted', () => {
    expect(readForwarded(bytes({ position, device }))).toMatchObject({
      kind: 'record',
      record: {
        readAt: Date.UTC(2026, 10, 21, 10),
        fix: '3d',
        speedKmh: 18.5,
        odometerKm: 88_123.45,
        engineHours: 1,
        supplyVolt: 13.9,
        ignition: true,
        satellites: 9,
        relay: 'unknown',
      },
    })
    expect(deviceOfForwarded(bytes({ position, device }))).toBe('861234567890123')
  })

  test.each([
    '2026-11-21T10:00:00.000Z',
    '2026-11-21T13:00:00.000+03:00',
    '2026-11-21T13:00:00.000+0300',
    Date.UTC(2026, 10, 21, 10),
  ])('a time written %s', (fixTime) => {
    const read = readForwarded(bytes({ position: { ...position, fixTime }, device }))
    expect(read).toMatchObject({ kind: 'record', record: { readAt: Date.UTC(2026, 10, 21, 10) } })
  })

  test('what stands beside a place and is not plausible is left out, and the place stays', () => {
    const wild = { speed: 400, course: -10, altitude: -5000, accuracy: null }
    const attributes = { odometer: 1e12, hours: 1e16, sat: -1, ignition: 'on', power: 500 }
    const read = readForwarded(bytes({ position: { ...position, ...wild, attributes }, device }))
    expect(read).toEqual({
      kind: 'record',
      online: true,
      record: {
        ...{
          kind: 'frame',
          readAt: Date.UTC(2026, 10, 21, 10),
          timeQuality: 'gnss',
          gnssTrust: 'ok',
          relay: 'unknown',
        },
        ...{ fix: '3d', lat: 55.75, lon: 37.61, headingDeg: 350 },
      },
    })
  })

  test('Null Island is no place', () => {
    const read = readForwarded(bytes({ position: { ...position, latitude: 0, longitude: 0 }, device }))
    expect(read).toMatchObject({ kind: 'record', record: { fix: 'none', ignition: true } })
  })

  test.each([{ valid: false }, { outdated: true }])('%o: no place, the last one is only told again', (more) => {
    const read = readForwarded(bytes({ position: { ...position, ...more }, device }))
    expect(read).toMatchObject({ kind: 'record', record: { fix: 'none' } })
    expect(read.kind === 'record' ? read.record : read).not.toHaveProperty('lat')
  })

  test.each([
    { name: 'an event instead of a position', message: { event: {}, device } },
    { name: 'a latitude of words', message: { position: { ...position, latitude: 'x' }, device } },
    { name: 'a fix of another century', message: { position: { ...position, fixTime: 'yesterday' }, device } },
  ])('$name is refused', ({ message }) => {
    expect(readForwarded(bytes(message)).kind).toBe('refused')
  })
})
