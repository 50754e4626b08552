import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  append,
  consistencyPath,
  EMPTY,
  type Frontier,
  inclusionPath,
  isConsistent,
  isIncluded,
  leafHash,
  nodeHash,
  type Range,
  rangeHash,
  rootOf,
  subtreesOf,
} from '../../../cloud/audit/merkle.ts'
import { sha256 } from '../../support/audit-file.ts'

// RFC 6962 by its own words (2.1), against which the quick way is held.
const wholeRoot = (hashes: readonly string[]): string => {
  const [only] = hashes
  if (only === undefined) return Buffer.from(sha256()).toString('hex')
  if (hashes.length === 1) return only
  const left = 2 ** Math.floor(Math.log2(hashes.length - 1))
  return nodeHash(sha256, wholeRoot(hashes.slice(0, left)), wholeRoot(hashes.slice(left)))
}
const leaves = (count: number) => Array.from({ length: count }, (_, at) => leafHash(sha256, `leaf ${at}`))
const grown = (hashes: readonly string[]): Frontier =>
  hashes.reduce((frontier, hash) => append(sha256, frontier, hash).frontier, EMPTY)

const all = leaves(300)
const prove = (ranges: readonly Range[]) => ranges.map(({ from, count }) => wholeRoot(all.slice(from, from + count)))
const root = (size: number) => rootOf(sha256, grown(all.slice(0, size)))

describe('the tree', () => {
  test('begins as the test vectors of RFC 6962 say', () => {
    const vectors = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
    const hashes = vectors.map((hex) =>
      Buffer.from(sha256(Uint8Array.of(0), Uint8Array.from(Buffer.from(hex, 'hex')))).toString('hex'),
    )
    expect(rootOf(sha256, EMPTY)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(rootOf(sha256, grown(hashes.slice(0, 1)))).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    )
    expect(rootOf(sha256, grown(hashes))).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328')
  })

  test('has the root that the definition gives, at every size', () => {
    for (let size = 0; size <= 130; size += 1) expect(root(size)).toBe(wholeRoot(all.slice(0, size)))
  })

  test('tells of every full subtree it completes, with its place', () => {
    let frontier = EMPTY
    for (const hash of all.slice(0, 200)) {
      const step = append(sha256, frontier, hash)
      frontier = step.frontier
      for (const { level, index, hash: kept } of step.nodes)
        expect(kept).toBe(wholeRoot(all.slice(index * 2 ** level, (index + 1) * 2 ** level)))
    }
  })

  test('a run of leaves falls into full subtrees whose hashes give its own', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (size) => {
        for (const range of [...inclusionPath(size - 1, size), ...inclusionPath(0, size)]) {
          const hashes = subtreesOf(range).map(({ level, index }) =>
            wholeRoot(all.slice(index * 2 ** level, (index + 1) * 2 ** level)),
          )
          expect(rangeHash(sha256, hashes)).toBe(wholeRoot(all.slice(range.from, range.from + range.count)))
        }
      }),
      { numRuns: 50 },
    )
  })
})

describe('proofs', () => {
  const sized = fc
    .integer({ min: 1, max: 300 })
    .chain((size) => fc.record({ size: fc.constant(size), index: fc.nat({ max: size - 1 }) }))

  test('a leaf is proven under the root, and no other leaf or place by the same proof', () => {
    fc.assert(
      fc.property(sized, fc.nat({ max: 299 }), ({ size, index }, other) => {
        const proof = prove(inclusionPath(index, size))
        const tree = { size, root: root(size) }
        expect(isIncluded(sha256, { hash: all[index] ?? '', index }, tree, proof)).toBe(true)
        if (other !== index) {
          expect(isIncluded(sha256, { hash: all[other] ?? '', index }, tree, proof)).toBe(false)
          expect(isIncluded(sha256, { hash: all[index] ?? '', index: other }, tree, proof)).toBe(false)
        }
        expect(isIncluded(sha256, { hash: all[index] ?? '', index }, tree, [...proof, root(1)])).toBe(false)
      }),
      { numRuns: 150 },
    )
  })

  test('an older tree is proven to be the beginning of the newer one, and no other tree', () => {
    fc.assert(
      fc.property(sized, ({ size, index }) => {
        const before = index + 1
        const proof = prove(consistencyPath(before, size))
        const [first, second] = [
          { size: before, root: root(before) },
          { size, root: root(size) },
        ]
        expect(isConsistent(sha256, first, second, proof)).toBe(true)
        const forged = leafHash(sha256, 'forged')
        expect(isConsistent(sha256, { ...first, root: forged }, second, proof)).toBe(false)
        expect(isConsistent(sha256, first, { ...second, root: forged }, proof)).toBe(false)
      }),
      { numRuns: 150 },
    )
  })
})
