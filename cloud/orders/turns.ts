import type { GatewayId, OrderId } from '#contract/ids.ts'
import type { Millis } from '#contract/instant.ts'
import type { StoredOrder } from './stored-order.ts'

type Row = {
  readonly gateway: GatewayId
  readonly action: StoredOrder['action']
  readonly tries: number
  /** The sweep in which it is tried again. */
  readonly sweep: number
}

export type TurnsPace = {
  /** From one sweep to the next. */
  readonly idle: Millis
  /** The longest that a refused block of few waits. */
  readonly longestRefused: Millis
}

/** So long for each order that waits: a thousand blocks that wait for a second person are no load. */
const APART_MS = 100

export type Turns = ReturnType<typeof createTurns>

/**
 * Pure but for its own memory: when an order that came to nothing is tried again, counted in sweeps, which read it anyway.
 * An unblock is tried in every sweep. A block the signer refused is asked for ever more rarely, until something changes.
 */
export function createTurns({ idle, longestRefused }: TurnsPace) {
  const rows = new Map<OrderId, Row>()
  const longest = Math.max(1, Math.ceil(longestRefused / idle))
  let sweep = 0

  const triesOf = (id: OrderId): number => rows.get(id)?.tries ?? 0
  const restOf = (action: Row['action'], because: 'failed' | 'refused', tries: number): number => {
    if (action === 'unblock') return 1
    const grown = because === 'refused' ? Math.min(2 ** (tries - 1), longest) : 1
    return Math.max(grown, Math.ceil((rows.size * APART_MS) / idle))
  }

  return {
    /** A sweep begins that has found these orders open. */
    sweepBegins: (open: ReadonlySet<OrderId>): void => {
      sweep += 1
      for (const id of rows.keys()) if (!open.has(id)) rows.delete(id)
    },
    isTurnOf: (id: OrderId): boolean => (rows.get(id)?.sweep ?? sweep) <= sweep,
    cameToNothing: (
      { id, gatewayId: gateway, action }: Pick<StoredOrder, 'id' | 'gatewayId' | 'action'>,
      because: 'failed' | 'refused',
    ): void => {
      const tries = triesOf(id) + 1
      rows.set(id, { gateway, action, tries, sweep: sweep + restOf(action, because, tries) })
    },
    forget: (id: OrderId): boolean => rows.delete(id),
    hasBlocks: (): boolean => [...rows.values()].some(({ action }) => action === 'block'),
    /** The turn of every block has come; answers their gateways. */
    forgetBlocks: (): readonly GatewayId[] => {
      const blocks = [...rows].filter(([, { action }]) => action === 'block')
      for (const [id] of blocks) rows.delete(id)
      return blocks.map(([, { gateway }]) => gateway)
    },
    /** Unblocks first; then those that were tried least, or some that hang would keep the others from their turn. */
    inTurn: (due: readonly StoredOrder[]): readonly StoredOrder[] =>
      due.toSorted(
        (one, other) =>
          Number(other.action === 'unblock') - Number(one.action === 'unblock') || triesOf(one.id) - triesOf(other.id),
      ),
  }
}
