import type { Posting } from '../api/ledger.ts'

/** Pure. What a posting does to balances of drivers; null where it goes past them. */
export function onBalance({ entries }: Pick<Posting, 'entries'>): number | null {
  const own = entries.filter(({ account }) => account.startsWith('driver:'))
  return own.length === 0 ? null : own.reduce((sum, { kopecks }) => sum + kopecks, 0)
}

const LASTING: ReadonlySet<Posting['kind']> = new Set(['reversal', 'merge', 'promise', 'promise-end'])

/** Pure. Whether the button to undo it makes sense; the server knows for certain. */
export const mayBeReversed = (posting: Posting, all: readonly Posting[]): boolean =>
  !LASTING.has(posting.kind) && !all.some(({ reverses }) => reverses === posting.id)
