import { expect, test } from 'vitest'
import { nmeaChecksum, parseSentence } from '../../../edge/nmea/nmea-sentence.ts'

const line = (body: string): string => `$${body}*${nmeaChecksum(body)}`

test.each([
  {
    name: 'RMC, moving, south-west',
    body: 'GPRMC,205835.25,A,3436.22332,S,05822.89552,W,27.0,271.5,211126,,,A',
    expected: {
      type: 'RMC',
      talker: 'GP',
      isValid: true,
      timeOfDayMs: 75_515_250,
      lat: expect.closeTo(-(34 + 36.22332 / 60), 9),
      lon: expect.closeTo(-(58 + 22.89552 / 60), 9),
      speedKmh: expect.closeTo(50.004, 9),
      courseDeg: 271.5,
      date: { day: 21, month: 11, year: 2026 },
    },
  },
  { name: 'RMC, void and empty', body: 'GPRMC,,V,,,,,,,,,,N', expected: { type: 'RMC', talker: 'GP', isValid: false } },
  {
    name: 'RMC of the last century',
    body: 'GPRMC,,V,,,,,,,220899,,',
    expected: { type: 'RMC', talker: 'GP', isValid: false, date: { day: 22, month: 8, year: 1999 } },
  },
  { name: 'RMC, simulator', body: 'GPRMC,,A,,,,,,,,,,S', expected: { type: 'RMC', talker: 'GP', isValid: false } },
  { name: 'RMC, dead reckoning', body: 'GPRMC,,A,,,,,,,,,,E', expected: { type: 'RMC', talker: 'GP', isValid: false } },
  {
    name: 'RMC before NMEA 2.3, no mode',
    body: 'INRMC,,A,,,,,,,,',
    expected: { type: 'RMC', talker: 'IN', isValid: true },
  },
  {
    name: 'GGA, differential',
    body: 'GNGGA,120000,5545.07464,N,03737.10538,E,2,09,0.9,151.2,M,14.0,M,,',
    expected: {
      type: 'GGA',
      talker: 'GN',
      isValid: true,
      timeOfDayMs: 43_200_000,
      lat: expect.closeTo(55 + 45.07464 / 60, 9),
      lon: expect.closeTo(37 + 37.10538 / 60, 9),
      satellites: 9,
      hdop: 0.9,
      altitudeM: 151.2,
    },
  },
  {
    name: 'GGA, quality 8 is a simulator',
    body: 'GPGGA,,,,,,8,09,,,,,,,',
    expected: { type: 'GGA', talker: 'GP', isValid: false, satellites: 9 },
  },
  {
    name: 'GGA, quality 6 is dead reckoning',
    body: 'GPGGA,,,,,,6,,,,,,,,',
    expected: { type: 'GGA', talker: 'GP', isValid: false },
  },
  { name: 'GGA without quality', body: 'GPGGA,,,,,,,,,,,,,,', expected: { type: 'GGA', talker: 'GP', isValid: false } },
  {
    name: 'GGA, a latitude off the globe is left out',
    body: 'GPGGA,,8960.0,N,00000.0,E,0,,,,,,,,',
    expected: { type: 'GGA', talker: 'GP', isValid: false, lon: 0 },
  },
  {
    name: 'GNS, one system of two',
    body: 'GNGNS,,,,,,AN,07,1.1,196.4,8.3,,',
    expected: { type: 'GNS', talker: 'GN', isValid: true, satellites: 7, hdop: 1.1, altitudeM: 196.4 },
  },
  { name: 'GNS, simulated', body: 'GNGNS,,,,,,AS,,,,,,', expected: { type: 'GNS', talker: 'GN', isValid: false } },
  { name: 'GSA 3D', body: 'BDGSA,A,3,02,03,,,,,,,,,,,2.1,1.1,1.8', expected: { type: 'GSA', talker: 'BD', fix: '3d' } },
  { name: 'GSA malformed', body: 'GPGSA,A,,,,,,', expected: { type: 'GSA', talker: 'GP', fix: 'none' } },
  {
    name: 'VTG',
    body: 'GPVTG,84.4,T,,M,27.0,N,50.0,K,A',
    expected: { type: 'VTG', talker: 'GP', courseDeg: 84.4, speedKmh: 50 },
  },
  {
    name: 'ZDA',
    body: 'GPZDA,000000.00,09,12,2009,00,00',
    expected: { type: 'ZDA', talker: 'GP', timeOfDayMs: 0, date: { day: 9, month: 12, year: 2009 } },
  },
])('$name', ({ body, expected }) => {
  expect(parseSentence(line(body))).toEqual({ kind: 'sentence', sentence: expected })
})

test.each([
  { name: 'no checksum', text: '$GPRMC,,V,,,,,,,,,,N', expected: { kind: 'damaged', reason: 'shape' } },
  { name: 'a wrong checksum', text: '$GPRMC,,V,,,,,,,,,,N*54', expected: { kind: 'damaged', reason: 'checksum' } },
  { name: 'no dollar', text: 'GPRMC,,V,,,,,,,,,,N*53', expected: { kind: 'damaged', reason: 'shape' } },
  { name: 'nothing', text: '', expected: { kind: 'damaged', reason: 'shape' } },
  { name: 'a maker’s own sentence', text: line('PUBX,00,081350.00'), expected: { kind: 'other' } },
  { name: 'satellites in view', text: line('GPGSV,1,1,00'), expected: { kind: 'other' } },
  { name: 'a 25th hour', text: line('GPRMC,250000,V,,,,,,,,,,N'), expected: { kind: 'damaged', reason: 'field' } },
  {
    name: 'letters for a speed',
    text: line('GPRMC,,A,,,,,fast,,,,,A'),
    expected: { kind: 'damaged', reason: 'field' },
  },
  { name: 'a negative speed', text: line('GPRMC,,A,,,,,-3.0,,,,,A'), expected: { kind: 'damaged', reason: 'field' } },
])('$name is not read', ({ text, expected }) => {
  expect(parseSentence(text)).toEqual(expected)
})

test('of two sentences run together the last one counts', () => {
  const found = parseSentence(`$GPRMC,2058${line('GPGSA,A,3,,,,,,,,,,,,,,,')}`)
  expect(found).toMatchObject({ kind: 'sentence', sentence: { type: 'GSA' } })
})
