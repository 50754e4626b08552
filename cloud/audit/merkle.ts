/** SHA-256 of the bytes given one after another; handed in, because pure code has no runtime to ask. */
export type Sha256 = (...parts: readonly Uint8Array[]) => Uint8Array

/** A full subtree of 2^level leaves that no larger one contains yet. */
export type Peak = { readonly level: number; readonly hash: string }

/** Everything needed to go on: how many leaves there are, and their full subtrees, largest first. */
export type Frontier = { readonly size: number; readonly peaks: readonly Peak[] }

/** A full subtree that an append completed: leaves [index · 2^level, (index + 1) · 2^level). */
export type Node = { readonly level: number; readonly index: number; readonly hash: string }

/** A run of leaves whose tree hash a proof needs. */
export type Range = { readonly from: number; readonly count: number }

/** Subtrees of lower levels are not kept: they are hashed again from their leaves. */
export const KEPT_LEVEL = 6

export const EMPTY: Frontier = { size: 0, peaks: [] }

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

/** Pure. RFC 6962, 2.1: the hash of a leaf, hex. */
export const leafHash = (sha256: Sha256, leaf: string): string => hex(sha256(LEAF, new TextEncoder().encode(leaf)))

/** Pure. The hash over two subtrees, hex. */
export const nodeHash = (sha256: Sha256, left: string, right: string): string =>
  hex(sha256(NODE, bytes(left), bytes(right)))

/** Pure. One leaf more, and every full subtree it completed, itself included. */
export function append(sha256: Sha256, { size, peaks }: Frontier, leaf: string): { frontier: Frontier; nodes: Node[] } {
  const nodes: Node[] = [{ level: 0, index: size, hash: leaf }]
  const standing = [...peaks]
  let top: Peak = { level: 0, hash: leaf }
  for (let last = standing.at(-1); last !== undefined && last.level === top.level; last = standing.at(-1)) {
    standing.pop()
    top = { level: top.level + 1, hash: nodeHash(sha256, last.hash, top.hash) }
    nodes.push({ ...top, index: Math.floor(size / 2 ** top.level) })
  }
  return { frontier: { size: size + 1, peaks: [...standing, top] }, nodes }
}

/** Pure. The root over all leaves so far; of no leaves, the hash of nothing. */
export function rootOf(sha256: Sha256, { peaks }: Frontier): string {
  const [last, ...before] = peaks.toReversed()
  return before.reduce((root, { hash }) => nodeHash(sha256, hash, root), last?.hash ?? hex(sha256()))
}

/** Pure. The runs of leaves whose hashes prove that the leaf at `index` is under the root of `size` (2.1.1). */
export function inclusionPath(index: number, size: number, from = 0): readonly Range[] {
  if (size <= 1) return []
  const left = largestPowerBelow(size)
  return index < left
    ? [...inclusionPath(index, left, from), { from: from + left, count: size - left }]
    : [...inclusionPath(index - left, size - left, from + left), { from, count: left }]
}

/** Pure. The runs of leaves whose hashes prove that the tree of `before` is the beginning of that of `size` (2.1.2). */
export const consistencyPath = (before: number, size: number): readonly Range[] => subproof(before, size, 0, true)

function subproof(before: number, size: number, from: number, whole: boolean): readonly Range[] {
  if (before === size) return whole ? [] : [{ from, count: size }]
  const left = largestPowerBelow(size)
  return before <= left
    ? [...subproof(before, left, from, whole), { from: from + left, count: size - left }]
    : [...subproof(before - left, size - left, from + left, false), { from, count: left }]
}

/** Pure. The full, aligned subtrees a run that starts at one of them falls into, left to right. */
export function subtreesOf({ from, count }: Range): readonly Omit<Node, 'hash'>[] {
  if (count === 0) return []
  const level = Math.floor(Math.log2(count))
  const rest = { from: from + 2 ** level, count: count - 2 ** level }
  return [{ level, index: from / 2 ** level }, ...subtreesOf(rest)]
}

/** Pure. The hash over such subtrees. */
export const rangeHash = (sha256: Sha256, hashes: readonly string[]): string =>
  hashes.reduceRight((right, left) => nodeHash(sha256, left, right))

/** Pure. RFC 9162, 2.1.3.2: whether a leaf hash with this proof gives this root. */
export function isIncluded(
  sha256: Sha256,
  leaf: { readonly hash: string; readonly index: number },
  tree: { readonly size: number; readonly root: string },
  proof: readonly string[],
): boolean {
  if (leaf.index < 0 || leaf.index >= tree.size) return false
  let [place, last, root] = [leaf.index, tree.size - 1, leaf.hash]
  for (const hash of proof) {
    if (last === 0) return false
    if (place % 2 === 1 || place === last) {
      root = nodeHash(sha256, hash, root)
      while (place % 2 === 0 && place !== 0) [place, last] = [half(place), half(last)]
    } else root = nodeHash(sha256, root, hash)
    ;[place, last] = [half(place), half(last)]
  }
  return last === 0 && root === tree.root
}

/** Pure. RFC 9162, 2.1.4.2: whether the first tree is the beginning of the second. */
export function isConsistent(
  sha256: Sha256,
  first: { readonly size: number; readonly root: string },
  second: { readonly size: number; readonly root: string },
  proof: readonly string[],
): boolean {
  if (first.size === second.size) return proof.length === 0 && first.root === second.root
  if (first.size === 0) return proof.length === 0
  if (first.size > second.size) return false
  const path = Number.isInteger(Math.log2(first.size)) ? [first.root, ...proof] : [...proof]
  const [start, ...rest] = path
  if (start === undefined) return false
  let [place, last] = [first.size - 1, second.size - 1]
  while (place % 2 === 1) [place, last] = [half(place), half(last)]
  let [before, after] = [start, start]
  for (const hash of rest) {
    if (last === 0) return false
    if (place % 2 === 1 || place === last) {
      before = nodeHash(sha256, hash, before)
      after = nodeHash(sha256, hash, after)
      while (place % 2 === 0 && place !== 0) [place, last] = [half(place), half(last)]
    } else after = nodeHash(sha256, after, hash)
    ;[place, last] = [half(place), half(last)]
  }
  return last === 0 && before === first.root && after === second.root
}

// Positions may pass 2^31, where bit operations fold.
const half = (value: number): number => Math.floor(value / 2)
const largestPowerBelow = (size: number): number => 2 ** Math.floor(Math.log2(size - 1))

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const hex = (hash: Uint8Array): string => Array.from(hash, (byte) => DIGITS[byte]).join('')
const bytes = (hash: string): Uint8Array =>
  Uint8Array.from({ length: hash.length / 2 }, (_, at) => Number.parseInt(hash.slice(2 * at, 2 * at + 2), 16))
