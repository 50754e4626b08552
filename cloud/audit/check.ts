import { append, EMPTY, type Frontier, leafHash, rootOf, type Sha256 } from './merkle.ts'

/** What a look through everything on record found. `at` is a position, or the size of a checkpoint. */
export type Finding =
  | { readonly kind: 'whole' }
  | { readonly kind: 'missing' | 'changed'; readonly at: number }
  /** All entries are sound by themselves, but are not those that were signed. */
  | { readonly kind: 'checkpoint' | 'head'; readonly at: number }

type Leaf = { readonly position: number; readonly leaf: string; readonly hash: string }
type Root = { readonly size: number; readonly root: string }

/** Pure in what it answers. Hashes every leaf again, in order, and holds the roots on the way against those kept elsewhere. */
export function createCheck(sha256: Sha256, kept: readonly Root[]) {
  // Two roots of one size are two histories: one of them is wrong.
  const wanted = Map.groupBy(kept, ({ size }) => size)
  let tree: Frontier = EMPTY
  let first: Finding | undefined
  return {
    /** Leaves in order of position. */
    add: ({ position, leaf, hash }: Leaf): void => {
      if (position !== tree.size) first ??= { kind: 'missing', at: tree.size }
      const again = leafHash(sha256, leaf)
      if (again !== hash || !leaf.startsWith(`{"v":1,"position":${position},`))
        first ??= { kind: 'changed', at: position }
      tree = append(sha256, tree, again).frontier
      const roots = wanted.get(tree.size) ?? []
      if (roots.length > 0 && roots.some(({ root }) => root !== rootOf(sha256, tree)))
        first ??= { kind: 'checkpoint', at: tree.size }
    },
    /** Against the head that the next leaf will be added to. */
    found: (head: Root): Finding => {
      const beyond = Math.max(0, ...wanted.keys())
      if (first !== undefined) return first
      if (tree.size < head.size) return { kind: 'missing', at: tree.size }
      if (rootOf(sha256, tree) !== head.root) return { kind: 'head', at: head.size }
      return beyond > tree.size ? { kind: 'checkpoint', at: beyond } : { kind: 'whole' }
    },
  }
}
