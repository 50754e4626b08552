import type { GatewayId, StreamId } from '#contract/ids.ts'
import { cover, MAX_HOLES, type SeqRange, type StreamPosition, TooManyHoles } from './stream-position.ts'

/** A stream as the journal knows it: the number of its row, and how far it has come. */
type Page = { readonly id: number; readonly position: StreamPosition }

/** Positions as one transaction sees and changes them; nobody else does before `keep`. */
export type TouchedPages = {
  of(gateway: GatewayId, stream: StreamId): Page
  /** Covers a range of a stream; throws when the stream would have too many holes. */
  cover(gateway: GatewayId, stream: StreamId, range: SeqRange): ReturnType<typeof cover> & { readonly id: number }
  changed(): Iterable<Page>
  /** The transaction has been committed. */
  keep(): void
}

const keyOf = (gateway: GatewayId, stream: StreamId): string => `${gateway}/${stream}`

/** The positions of all streams, remembered between transactions. Bounded: the stream touched longest ago goes first. */
export function createJournalPages(load: (gateway: GatewayId, stream: StreamId) => Page, limit = 20_000) {
  const pages = new Map<string, Page>()
  return {
    begin: (): TouchedPages => {
      const touched = new Map<string, Page>()
      const known = (key: string, gateway: GatewayId, stream: StreamId): Page =>
        touched.get(key) ?? pages.get(key) ?? load(gateway, stream)
      return {
        of: (gateway, stream) => {
          const key = keyOf(gateway, stream)
          const page = known(key, gateway, stream)
          touched.set(key, page)
          return page
        },
        cover: (gateway, stream, range) => {
          const key = keyOf(gateway, stream)
          const { id, position } = known(key, gateway, stream)
          const covered = cover(position, range)
          if (covered.position.beyond.length > MAX_HOLES) throw new TooManyHoles(`stream ${stream} has too many holes`)
          touched.set(key, { id, position: covered.position })
          return { id, ...covered }
        },
        changed: () => touched.values(),
        keep: () => {
          for (const [key, page] of touched) {
            pages.delete(key)
            pages.set(key, page)
          }
          for (const oldest of pages.keys()) {
            if (pages.size <= limit) break
            pages.delete(oldest)
          }
        },
      }
    },
  }
}
