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

/** For a broker that asks nobody who he is. */
export const namedGateways = (count: number): readonly LoadGateway[] =>
  Array.from({ length: count }, (_, index) => ({
    id: GatewayId.parse(`gw-load${String(index).padStart(8, '0')}`),
    stream: StreamId.parse(randomUUID()),
    password: 'x',
  }))
