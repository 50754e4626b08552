import type { Frame } from '#contract/frame.ts'
import { GatewayId, Seq, StreamId, VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import type { HistoryFrame, PastFrame } from '../../../cloud/history/history.ts'

export const GATEWAY = GatewayId.parse('gw-history01')
export const STREAM = StreamId.parse('00112233-4455-4677-8899-aabbccddeeff')
export const VEHICLE = VehicleId.parse('aa112233-4455-4677-8899-aabbccddee01')
export const OTHER_VEHICLE = VehicleId.parse('aa112233-4455-4677-8899-aabbccddee02')
export const T0 = epochMs(1_795_289_123_000)

export const frameOf = (readAt: number, more: Partial<Frame> = {}): Frame => ({
  kind: 'frame',
  readAt: epochMs(readAt),
  timeQuality: 'gnss',
  fix: '3d',
  lat: 55.751244,
  lon: 37.618423,
  gnssTrust: 'ok',
  relay: 'closed',
  ...more,
})

export const historyFrame = (
  seq: number,
  more: Partial<HistoryFrame> = {},
  frame: Partial<Frame> = {},
): HistoryFrame => ({
  gateway: GATEWAY,
  stream: STREAM,
  seq: Seq.parse(seq),
  vehicleId: VEHICLE,
  frame: frameOf(T0 + seq * 1000, frame),
  ...more,
})

export const pastFrame = (readAt: number, more: Partial<PastFrame> = {}): PastFrame => ({
  source: GATEWAY,
  readAt: epochMs(readAt),
  position: null,
  speedKmh: null,
  headingDeg: null,
  ignition: null,
  motion: null,
  odometerKm: null,
  fix: '3d',
  trust: 'ok',
  ...more,
})
