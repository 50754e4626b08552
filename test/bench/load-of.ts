import { randomUUID } from 'node:crypto'
import { GatewayId, StreamId } from '#contract/ids.ts'
import type { LoadGateway, LoadPlan } from '../support/load-plan.ts'

/** The load of B1 on one port: window 20, one JSON frame a message, one in twenty sent again, closed loop. */
export const loadOf = (gateways: readonly LoadGateway[], port: number): LoadPlan => ({
  host: '127.0.0.1',
  ports: [port],
  gateways,
  window: 20,
  framesPerMessage: 1,
  resent: 0.05,
  // As a car that reports each second, from this morning on: what is new, and no frame of the future.
  stepMs: 1000,
  from: Date.now() - 12 * 3_600_000,
  forgets: 'on-acknowledgement',
  protocol: 'own',
})

/** Between two frames of a car that is judged as it drives: fifty a second, so that a round is a drive of minutes. */
const LIVE_STEP_MS = 20
/** How far behind the clock a round begins; a frame within two minutes of it is of now, and judged. */
const LIVE_BEHIND_MS = 100_000

/** The same load, told about now: the cars drive as cars can, and zones and rules judge every frame. */
export const liveLoadOf = (gateways: readonly LoadGateway[], port: number): LoadPlan => ({
  ...loadOf(gateways, port),
  stepMs: LIVE_STEP_MS,
  from: Date.now() - LIVE_BEHIND_MS,
})

/** For a broker that asks nobody who he is. */
export const namedGateways = (count: number): readonly LoadGateway[] =>
  Array.from({ length: count }, (_, index) => ({
    id: GatewayId.parse(`gw-load${String(index).padStart(8, '0')}`),
    stream: StreamId.parse(randomUUID()),
    password: 'x',
  }))
