import { createHash } from 'node:crypto'
import { append, EMPTY, type Frontier, leafHash, rootOf, type Sha256 } from '../../cloud/audit/merkle.ts'
import type { Oracle } from './oracle.ts'

/** What SQL has of the audit: never changed in place. */
export type AuditTables = {
  /** Put there within the transaction of what they tell, each under its source. */
  readonly waiting: readonly AuditWord[]
  readonly leaves: readonly AuditWord[]
  readonly tree: Frontier
}
export type AuditWord = { readonly source: string; readonly salt: string }

export const EMPTY_AUDIT: AuditTables = { waiting: [], leaves: [], tree: EMPTY }

/** Synced files: the leaves' own journal, and the checkpoints that somebody else may have seen. */
export type AuditDisk = { readonly journal: AuditWord[]; readonly checkpoints: { size: number; root: string }[] }

const sha256: Sha256 = (...parts) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const grown = (tables: AuditTables, words: readonly AuditWord[]): AuditTables => ({
  ...tables,
  leaves: [...tables.leaves, ...words],
  tree: words.reduce((tree, word) => append(sha256, tree, hashOf(word)).frontier, tables.tree),
})
const hashOf = ({ source, salt }: AuditWord): string => leafHash(sha256, `${source} ${salt}`)

/** Pure. A word that was told before changes nothing. */
export function withWord(tables: AuditTables, word: AuditWord): AuditTables {
  const isKnown = [...tables.waiting, ...tables.leaves].some(({ source }) => source === word.source)
  return isKnown ? tables : { ...tables, waiting: [...tables.waiting, word] }
}

/** Pure. Everything that waits is in the tree. */
export const advanced = (tables: AuditTables): AuditTables => ({ ...grown(tables, tables.waiting), waiting: [] })

/** Pure. What SQL has lost is in the tree again, as it was. */
export function recovered(tables: AuditTables, { journal }: AuditDisk): AuditTables {
  const lost = journal.slice(tables.leaves.length)
  const sources = new Set(lost.map(({ source }) => source))
  return { ...grown(tables, lost), waiting: tables.waiting.filter(({ source }) => !sources.has(source)) }
}

export const journaled = ({ journal }: AuditDisk, { leaves }: AuditTables): void =>
  void journal.push(...leaves.slice(journal.length))

export function checkpointed({ checkpoints }: AuditDisk, { tree }: AuditTables): void {
  if ((checkpoints.at(-1)?.size ?? 0) < tree.size) checkpoints.push({ size: tree.size, root: rootOf(sha256, tree) })
}

/** I5: the tree still begins as every checkpoint says, and every decision is in it once. */
export function judgeAudit(oracle: Oracle, { leaves }: AuditTables, disk: AuditDisk, sources: readonly string[]): void {
  const roots = new Map<number, string>()
  let tree = EMPTY
  for (const leaf of leaves) {
    tree = append(sha256, tree, hashOf(leaf)).frontier
    roots.set(tree.size, rootOf(sha256, tree))
  }
  for (const { size, root } of disk.checkpoints)
    oracle.check('I5', -1, roots.get(size) === root, () => `the tree does not begin as the checkpoint of ${size} says`)
  const times = new Map<string, number>()
  for (const { source } of leaves) times.set(source, (times.get(source) ?? 0) + 1)
  for (const source of sources)
    oracle.check(
      'I5',
      -1,
      times.get(source) === 1,
      () => `decision ${source} is ${times.get(source) ?? 0} times on record`,
    )
}
