import { Point } from '@influxdata/influxdb-client'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HistoryFrame } from '../../../cloud/history/history.ts'
import { linesOf } from '../../../cloud/history/line-protocol.ts'
import { createLineWriter } from '../../../cloud/history/line-writer.ts'
import { anyFrame } from '../../support/any-record.ts'
import { GATEWAY, historyFrame, T0, VEHICLE } from './history-support.ts'

const textOf = (...frames: readonly HistoryFrame[]): string => Buffer.from(linesOf(frames)).toString()
const lineOf = (frame: HistoryFrame): string => textOf(frame).trimEnd()

/** The library writes booleans short; both forms are the protocol's. */
const TRUTHS: ReadonlyMap<unknown, string> = new Map([
  ['T', 'true'],
  ['F', 'false'],
])

const fieldsOf = (line: string): Record<string, string> =>
  Object.fromEntries((line.split(' ')[1] ?? '').split(',').map((field) => field.split('=')))

test('a frame is one line, seq and stream within the microseconds', () => {
  const line = lineOf(historyFrame(1234, {}, { speedKmh: 43.2, ignition: false, satellites: 9 }))
  expect(line).toBe(
    `frame,gateway=${GATEWAY},vehicle=${VEHICLE} ` +
      'fix=2i,relay=1i,seq=1234i,timeQuality=0i,trust=0i,satellites=9i,lat=55.751244,lon=37.618423,speedKmh=43.2,ignition=false ' +
      `${(T0 + 1_234_000) * 1000 + 101}`,
  )
  expect(lineOf(historyFrame(1, { vehicleId: undefined }))).not.toContain('vehicle')
})

test('every reading of any frame is written as the database’s own library would write it', () => {
  fc.assert(
    fc.property(anyFrame, (frame) => {
      const { kind: _, readAt: __, timeQuality: ___, fix: ____, gnssTrust: _____, relay: ______, ...readings } = frame
      const point = new Point('frame')
      for (const [name, value] of Object.entries(readings))
        if (typeof value === 'boolean') point.booleanField(name, value)
        else if (name === 'satellites') point.intField(name, value)
        else point.floatField(name, value)
      const {
        fix: a,
        relay: b,
        seq: c,
        timeQuality: d,
        trust: e,
        ...written
      } = fieldsOf(lineOf({ ...historyFrame(1), frame }))
      expect([a, b, c, d, e].every((code) => /^\d+i$/.test(code ?? ''))).toBe(true)
      const library = Object.entries(point.fields).map(([name, value]) => [name, TRUTHS.get(value) ?? String(value)])
      expect(written).toEqual(Object.fromEntries(library))
    }),
  )
})

test('every frame has a line of its own', () => {
  const frames = [historyFrame(1), historyFrame(2, { vehicleId: undefined }), historyFrame(3)]
  expect(textOf(...frames)).toBe(frames.map((frame) => `${lineOf(frame)}\n`).join(''))
  expect(textOf()).toBe('')
})

test('a number is written as JavaScript writes it', () => {
  const numbers = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.maxSafeInteger(),
    fc.integer().map((scaled) => scaled / 10 ** (Math.abs(scaled) % 9)),
    fc.constantFrom(
      0,
      -0,
      0.1,
      0.0000001,
      0.00000001,
      99_999_999.999_999_9,
      100_000_000.5,
      1e21,
      123e-20,
      0.3,
      2 ** 53,
    ),
  )
  fc.assert(
    fc.property(fc.array(numbers, { maxLength: 9 }), (values) => {
      const writer = createLineWriter(1)
      for (const value of values) {
        writer.number(value)
        writer.text(' ')
      }
      expect(Buffer.from(writer.bytes()).toString()).toBe(values.map((value) => `${value} `).join(''))
    }),
    { numRuns: 2000 },
  )
})
