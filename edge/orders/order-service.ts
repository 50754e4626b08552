import type { GatewayEvent } from '#contract/event.ts'
import type { GatewayId } from '#contract/ids.ts'
import type { Clock } from '#contract/instant.ts'
import type { Order } from '#contract/order.ts'
import type { Log } from '../log.ts'
import { readOrder, type VerifyJws } from './order-signature.ts'
import { countRejection, NO_REJECTIONS } from './rejection-count.ts'

export type OrderService = {
  /** Takes a message from `down/order`; resolves when it has been handed on or turned away. */
  take(payload: Uint8Array): Promise<void>
  rejected(): number
}

type Deps = {
  readonly verify: VerifyJws
  readonly gatewayId: GatewayId
  readonly receive: (order: Order) => void
  readonly keepEvent: (event: GatewayEvent) => void
  readonly clock: Clock
  readonly log: Log
}

/** Between the broker and the immobilizer: only genuine orders for this gateway pass, in the order of their arrival. */
export function createOrderService(deps: Deps): OrderService {
  const { clock, log } = deps
  let rejections = NO_REJECTIONS
  let queue: Promise<void> = Promise.resolve()

  const reject = (reason: string, detail: string | undefined): void => {
    const { count, tell } = countRejection(rejections, clock.steady())
    rejections = count
    if (tell === 0) return
    log.warn({ reason, detail, count: tell }, 'order.rejected')
    deps.keepEvent({ kind: 'event', name: 'order-rejected', at: clock.now(), data: { reason, count: tell } })
  }

  const handle = async (payload: Uint8Array): Promise<void> => {
    const read = await readOrder(payload, deps.verify)
    if (!read.ok) return reject(read.reason, read.detail)
    if (read.order.aud !== deps.gatewayId) return reject('foreign', undefined)
    deps.receive(read.order)
  }

  return {
    take: (payload) => {
      queue = queue.then(() => handle(payload)).catch((cause: unknown) => log.error({ err: cause }, 'order.failed'))
      return queue
    },
    rejected: () => rejections.total,
  }
}
