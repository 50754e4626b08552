import type { DocumentHash } from '#contract/configuration.ts'
import { type GatewayId, OrderId, OrderSeq, type VehicleId } from '#contract/ids.ts'
import { type Clock, later, millis, minutes } from '#contract/instant.ts'
import type { BlockOrder, OrderReport } from '#contract/order.ts'
import type { GatewayStatus } from '../gateway.ts'
import type { RelayTestStore } from './relay-test-store.ts'

export type RelayTestState =
  | { readonly state: 'idle' }
  /** The interlock waits, or the relay is being moved. */
  | { readonly state: 'blocking'; readonly reason?: string }
  | { readonly state: 'blocked' }
  | { readonly state: 'freeing' }
  | { readonly state: 'freed' }
  | { readonly state: 'failed'; readonly reason: string }

export type RelayTestService = {
  /** Asks the immobilizer to block for a test. Refuses while anything else is under way. */
  block(by: string): RelayTestState
  free(): RelayTestState
  state(): RelayTestState
  /** Wiring and profiles under which a block and its end were both read back; undefined before that. */
  provedFor(): DocumentHash | undefined
  /** A test never outlives its time, its process or its technician. To be called at every start of a run. */
  run(stop: AbortSignal): Promise<void>
}

type Deps = {
  readonly store: RelayTestStore
  readonly test: (order: BlockOrder, told: (report: OrderReport) => void) => 'started' | 'busy'
  readonly endTest: () => void
  readonly status: () => GatewayStatus
  readonly binding: () => DocumentHash
  readonly own: () => { readonly gatewayId: GatewayId; readonly vehicleId: VehicleId } | undefined
  readonly uuid: () => string
  readonly clock: Clock
}

/** The interlock may wait for so long, and a test may keep the car from starting for as long again. */
const LIMIT = minutes(5)
const LOOK_MS = millis(500)

/** The technician's proof that the relay does what it says, through the immobilizer and under its interlock. */
export function createRelayTestService(deps: Deps): RelayTestService {
  const { store, clock } = deps
  let state: RelayTestState = { state: 'idle' }
  let since = clock.steady()

  const go = (next: RelayTestState): RelayTestState => {
    state = next
    since = clock.steady()
    return state
  }
  const told = (report: OrderReport): void => {
    if (state.state !== 'blocking') return
    if (report.state === 'verified') {
      store.save({ schema: 'kordon-relay-test/1', binding: deps.binding(), blockedAt: report.at })
      go({ state: 'blocked' })
    } else if (report.state === 'waiting') state = { state: 'blocking', reason: report.reason }
    else if (report.state !== 'received' && report.state !== 'executing')
      go({ state: 'failed', reason: 'reason' in report ? report.reason : report.state })
  }
  const free = (): RelayTestState => {
    if (state.state !== 'blocked' && state.state !== 'blocking') return state
    const next: RelayTestState =
      state.state === 'blocked' ? { state: 'freeing' } : { state: 'failed', reason: 'given-up' }
    deps.endTest()
    return go(next)
  }
  const freed = (): void => {
    const { work, relay } = deps.status()
    const proof = store.load()
    if (work !== 'none' || relay !== 'closed' || proof?.blockedAt === undefined) return
    store.save({ ...proof, freedAt: clock.now() })
    go({ state: 'freed' })
  }

  const isUnfinished = (): boolean => {
    const proof = store.load()
    return proof !== undefined && proof.freedAt === undefined
  }
  /** Cut short by a restart: nobody is there to end the test. Proved nothing, and over once the relay is free. */
  const endLeft = (): void => {
    deps.endTest()
    store.save({ schema: 'kordon-relay-test/1', binding: deps.binding(), freedAt: clock.now() })
  }

  return {
    block: (by) => {
      const own = deps.own()
      if (own === undefined || isUnfinished() || deps.status().work !== 'none')
        return { state: 'failed', reason: 'busy' }
      store.save({ schema: 'kordon-relay-test/1', binding: deps.binding() })
      const now = clock.now()
      const order: BlockOrder = {
        orderId: OrderId.parse(deps.uuid()),
        // Never compared with the cloud's numbers, which it must not use up.
        seq: OrderSeq.parse(1),
        aud: own.gatewayId,
        vehicleId: own.vehicleId,
        action: 'block',
        reasons: ['manual'],
        iat: now,
        notAfter: later(now, LIMIT),
        by: `technician:${by}`.slice(0, 128),
      }
      go({ state: 'blocking' })
      return deps.test(order, told) === 'started' ? state : go({ state: 'failed', reason: 'busy' })
    },
    free,
    state: () => state,
    provedFor: () => {
      const proof = store.load()
      return proof?.blockedAt === undefined || proof.freedAt === undefined ? undefined : proof.binding
    },
    run: async (stop) => {
      go({ state: 'idle' })
      let isLeft = isUnfinished()
      while (!stop.aborted) {
        if (isLeft && deps.own() !== undefined) {
          endLeft()
          isLeft = false
        }
        if (state.state === 'freeing') freed()
        const over = clock.steady() - since >= LIMIT
        if (over && (state.state === 'blocked' || state.state === 'blocking')) free()
        await clock.sleep(LOOK_MS, stop)
      }
    },
  }
}
