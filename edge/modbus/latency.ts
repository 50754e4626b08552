/** Latencies of the last answers of one device, newest last, in milliseconds. */
export type Latencies = readonly number[]
const KEPT = 32

/** Pure. Adds a measured latency and forgets the oldest. */
export const measured = (latencies: Latencies, latencyMs: number): Latencies => [...latencies, latencyMs].slice(-KEPT)

/** Pure. How long to wait for an answer: four times the 95th percentile between the two limits; the most until known. */
export function answerTimeout(latencies: Latencies, minMs: number, maxMs: number): number {
  if (latencies.length < KEPT) return maxMs
  const sorted = latencies.toSorted((a, b) => a - b)
  const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? maxMs
  return Math.min(maxMs, Math.max(minMs, 4 * p95))
}
