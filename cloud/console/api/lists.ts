import { type UseInfiniteQueryResult, useInfiniteQuery } from '@tanstack/react-query'
import { get } from './api-client.ts'
import type { Page } from './timeline.ts'

export type Filter = Readonly<Record<string, string | number | null | undefined>>

/** Pure. A path with those of the filters that say something. */
export function pathWith(path: string, filter: Filter): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(filter))
    if (value !== null && value !== undefined && value !== '') query.set(name, String(value))
  const text = query.toString()
  return text === '' ? path : `${path}?${text}`
}

type Pages<P> = { readonly pages: readonly P[]; readonly pageParams: readonly (string | null)[] }

/** A list read page by page; read again now and then, since others work too. `key` begins the cache key. */
export const usePages = <T, P extends Page<T> = Page<T>>(
  key: string,
  path: string,
  filter: Filter = {},
): UseInfiniteQueryResult<Pages<P>> =>
  useInfiniteQuery({
    queryKey: [key, path, filter],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => get<P>(pathWith(path, { limit: 100, ...filter, cursor: pageParam }), signal),
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: 60_000,
  })

/** Pure. All lines of the pages read so far. */
export const linesOf = <T>(pages: { readonly pages: readonly { readonly items: readonly T[] }[] }): readonly T[] =>
  pages.pages.flatMap(({ items }) => items)
