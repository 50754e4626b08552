import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { type Spread, spread } from './table.ts'

/** One benchmark: prints its own table and answers what goes into the JSON line. */
export type Bench = {
  readonly name: string
  readonly about: string
  /** A name under which several run one after another. */
  readonly group?: string
  run(options: BenchOptions): Promise<BenchResult>
}
export type BenchOptions = {
  readonly full: boolean
  /** Of `block`: so many cars at once by two persons, instead of one after another. */
  readonly fleet?: number
  /** Of `block`: on loopback alone, or in bad weather alone with clicks enough for a p99. */
  readonly only?: 'clear' | 'weather'
  /** Of `ingest`: by TLS 1.3, both sides with certificates. */
  readonly tls?: boolean
  readonly print: (text: string) => void
}

export type BenchResult = {
  /** What the figures count, e.g. `frames/s stored`. */
  readonly unit: string
  readonly pairs: number
  readonly own: Spread | null
  /** null where the peer is not on this machine, which the table says too. */
  readonly peer: Spread | null
  readonly ratio: Spread | null
  readonly stored?: number
  readonly lost?: number
  readonly duplicates?: number
  /** Why the run does not count: a saturated generator, or an acknowledged record that is missing on our side. */
  readonly void: string | null
  readonly more?: Readonly<Record<string, unknown>>
}

/**
 * Runs own and peer in turn, A-B-A-B, after one warm-up of each, and takes the ratio pair by pair: what the machine does
 * meanwhile hits both.
 */
export async function interleaved(
  pairs: number,
  own: () => Promise<number>,
  peer: () => Promise<number>,
): Promise<{ own: Spread; peer: Spread; ratio: Spread }> {
  await own()
  await peer()
  const owns: number[] = []
  const peers: number[] = []
  for (let pair = 0; pair < pairs; pair += 1) {
    owns.push(await own())
    peers.push(await peer())
  }
  return {
    own: spread(owns),
    peer: spread(peers),
    ratio: spread(owns.map((value, index) => value / (peers[index] ?? 0))),
  }
}

/** The one JSON line that ends every benchmark. */
export function jsonLine(name: string, result: BenchResult): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  return JSON.stringify({ bench: name, commit, node: process.version, cpus: cpus().length, ...result })
}
