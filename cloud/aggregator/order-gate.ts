/** Below which balance the aggregator gives a driver no new orders, and whether it minds. Amounts in its own words. */
export type OrderLimit = { readonly limit: string; readonly blocks: boolean }

/** An aggregator that lets a park stop the new orders of a driver. Rejects with a SourceTrouble while it cannot answer. */
export type OrderGate = {
  /** The balance source by which drivers refer to it. */
  readonly source: string
  read(externalId: string, stop: AbortSignal): Promise<OrderLimit>
  write(externalId: string, wanted: OrderLimit, stop: AbortSignal): Promise<void>
}

/** Pure. The limit that stops the orders of one whose balance is below the threshold; never lower than the park's own. */
export function stopping(before: OrderLimit, minKopecks: number): OrderLimit {
  const ours = minKopecks / 100
  const theirs = Number(before.limit)
  return { limit: (Number.isFinite(theirs) ? Math.max(ours, theirs) : ours).toFixed(4), blocks: true }
}
