import fc from 'fast-check'
import type { GatewayEvent } from '#contract/event.ts'
import type { Frame } from '#contract/frame.ts'
import { OrderId, OrderSeq } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import type { OrderReport } from '#contract/order.ts'
import type { GatewayRecord } from '#contract/record.ts'

const instant = fc.integer({ min: 0, max: 4_000_000_000_000 }).map(epochMs)
const real = (min: number, max: number) => fc.double({ min, max, noNaN: true }).map((value) => value + 0)
const maybe = <Value>(name: string, value: fc.Arbitrary<Value>) =>
  fc.option(value, { nil: undefined }).map((picked) => (picked === undefined ? {} : { [name]: picked }))

const position = fc.option(fc.record({ lat: real(-90, 90), lon: real(-180, 180) }), { nil: undefined })

/** Any frame the contract allows, dense around nothing in particular. */
export const anyFrame: fc.Arbitrary<Frame> = fc
  .tuple(
    fc.record({
      kind: fc.constant('frame' as const),
      readAt: instant,
      timeQuality: fc.constantFrom('gnss', 'ntp', 'rtc', 'estimated'),
      fix: fc.constantFrom('none', '2d', '3d'),
      gnssTrust: fc.constantFrom('ok', 'suspect', 'jammed'),
      relay: fc.constantFrom('open', 'closed', 'unknown'),
    }),
    position,
    maybe('accuracyM', real(0, 10_000)),
    maybe('satellites', fc.integer({ min: 0, max: 64 })),
    maybe('speedKmh', real(0, 300)),
    maybe('headingDeg', real(0, 360)),
    maybe('altitudeM', real(-400, 9000)),
    maybe('ignition', fc.boolean()),
    maybe('odometerKm', real(0, 1_000_000)),
    maybe('engineHours', real(0, 100_000)),
    maybe('supplyVolt', real(0, 32)),
    maybe('motion', fc.boolean()),
    maybe('backfill', fc.constant(true)),
  )
  .map((parts) => Object.assign({}, ...parts) as Frame)

export const anyReport: fc.Arbitrary<OrderReport> = fc.record({
  kind: fc.constant('report' as const),
  orderId: fc.uuid({ version: 4 }).map((id) => OrderId.parse(id)),
  orderSeq: fc.integer({ min: 1, max: 1_000_000 }).map((seq) => OrderSeq.parse(seq)),
  relay: fc.constantFrom('open', 'closed', 'unknown'),
  evidence: fc.constant({ speedKmh: 0, ignition: false, ignitionOffForMs: 70_000 }),
  at: instant,
  state: fc.constantFrom('received', 'executing', 'verified', 'expired', 'superseded'),
})

export const anyEvent: fc.Arbitrary<GatewayEvent> = fc.record({
  kind: fc.constant('event' as const),
  name: fc.constantFrom('boot', 'gap', 'ignition-on', 'power-cut'),
  at: instant,
  data: fc.dictionary(
    fc.stringMatching(/^[a-z]{1,8}$/),
    fc.oneof(fc.string(), fc.boolean(), fc.constant(null), fc.integer()),
    { maxKeys: 4, noNullPrototype: true },
  ),
})

export const anyRecord: fc.Arbitrary<GatewayRecord> = fc.oneof(
  { weight: 6, arbitrary: anyFrame },
  { weight: 1, arbitrary: anyReport },
  { weight: 1, arbitrary: anyEvent },
)
