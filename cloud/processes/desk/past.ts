/** Where a line of a card's past comes from; of the same moment in this order. */
export const PAST_SOURCES = ['log', 'call', 'message', 'letter', 'file'] as const
export type PastSource = (typeof PAST_SOURCES)[number]

/** What a person may want to see alone. */
export const PAST_VIEWS = ['all', 'calls', 'messages', 'papers', 'comments', 'changes'] as const
export type PastView = (typeof PAST_VIEWS)[number]

/** The last line that was shown. */
export type PastPlace = { readonly at: number; readonly source: PastSource; readonly id: string }
type Line = { readonly at: number; readonly source: PastSource; readonly id: string }

/** What the engine writes down for itself. */
const SILENT = ['unknown', 'task']
const PAPERS = ['numbered', 'paid']
const NOTES = ['comment']
const SOURCES: Readonly<Record<PastView, readonly PastSource[]>> = {
  all: PAST_SOURCES,
  calls: ['call'],
  messages: ['message', 'letter'],
  papers: ['log', 'file'],
  comments: ['log'],
  changes: ['log'],
}

/** Pure. Which sources a view reads, and which kinds of lines of the log. */
export function wantedBy(view: PastView): {
  readonly sources: readonly PastSource[]
  readonly only: readonly string[]
  readonly not: readonly string[]
} {
  const only = view === 'papers' ? PAPERS : view === 'comments' ? NOTES : []
  return { sources: SOURCES[view], only, not: view === 'changes' ? [...SILENT, ...PAPERS, ...NOTES] : SILENT }
}

/**
 * Pure. Where one source goes on after a place of any source: the pair of moment and id after which its lines come; `last`:
 * an id behind all ids of that source.
 */
export function boundOf<Id>(
  source: PastSource,
  place: PastPlace | undefined,
  { read, last }: { readonly read: (id: string) => Id; readonly last: Id },
): readonly [number, Id] | undefined {
  if (place === undefined) return undefined
  const order = PAST_SOURCES.indexOf(source) - PAST_SOURCES.indexOf(place.source)
  if (order === 0) return [place.at, read(place.id)]
  return order < 0 ? [place.at, last] : [place.at + 1, last]
}

/** Pure. Lines of all sources as one list, newest first; each source is in order already. */
export const inOrder = <One extends Line>(lines: readonly One[]): readonly One[] =>
  lines.toSorted((a, b) => b.at - a.at || PAST_SOURCES.indexOf(a.source) - PAST_SOURCES.indexOf(b.source))
