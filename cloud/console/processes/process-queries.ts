import {
  keepPreviousData,
  type QueryClient,
  type UseInfiniteQueryResult,
  type UseMutationResult,
  type UseQueryResult,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { get, patch, post } from '../api/api-client.ts'
import { type Filter, pathWith } from '../api/lists.ts'
import type {
  AroundCard,
  Card,
  CardFile,
  CardItem,
  Choice,
  Counts,
  Facets,
  PastLine,
  Pipeline,
  Values,
} from '../api/process.ts'
import type { Page } from '../api/timeline.ts'

/** The first word of every key about cards of processes: the live feed reads by it. */
export const CARDS = 'process-cards'
export const cardKey = (id: string): readonly string[] => [CARDS, 'one', id]

/** Read again after a change: the card itself, and every list it may stand in. */
export const rereadCards = (client: QueryClient): Promise<void> => client.invalidateQueries({ queryKey: [CARDS] })

export const usePipelines = (): UseQueryResult<readonly Pipeline[]> =>
  useQuery({
    queryKey: ['pipelines'],
    queryFn: ({ signal }) => get<{ readonly items: readonly Pipeline[] }>('/pipelines', signal),
    select: ({ items }) => items,
    staleTime: 300_000,
  })

type Pages = { readonly pages: readonly Page<CardItem>[]; readonly pageParams: readonly (string | null)[] }

/** Cards page by page; one column of a board is such a list. */
export const useCards = (filter: Filter, limit: number, enabled = true): UseInfiniteQueryResult<Pages> =>
  useInfiniteQuery({
    queryKey: [CARDS, 'list', filter, limit],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      get<Page<CardItem>>(pathWith('/cards', { ...filter, limit, cursor: pageParam }), signal),
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    enabled,
  })

export const useCounts = (filter: Filter): UseQueryResult<Counts> =>
  useQuery({
    queryKey: [CARDS, 'counts', filter],
    queryFn: ({ signal }) => get<Counts>(pathWith('/cards/counts', filter), signal),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  })

export const useFacets = (pipeline: string): UseQueryResult<Facets> =>
  useQuery({
    queryKey: ['card-facets', pipeline],
    queryFn: ({ signal }) => get<Facets>(pathWith('/cards/facets', { pipeline }), signal),
    staleTime: 60_000,
  })

export const cardPath = (id: string): string => `/cards/${encodeURIComponent(id)}`

export const useCard = (id: string): UseQueryResult<Card> =>
  useQuery({
    queryKey: cardKey(id),
    queryFn: ({ signal }) => get<Card>(cardPath(id), signal),
    refetchInterval: 60_000,
  })

export const useAround = (id: string): UseQueryResult<readonly AroundCard[]> =>
  useQuery({
    queryKey: [CARDS, 'around', id],
    queryFn: async ({ signal }) => (await get<Page<AroundCard>>(`${cardPath(id)}/around`, signal)).items,
  })

type PastPages = { readonly pages: readonly Page<PastLine>[]; readonly pageParams: readonly (string | null)[] }

export const usePast = (id: string, view: string): UseInfiniteQueryResult<PastPages> =>
  useInfiniteQuery({
    queryKey: [CARDS, 'past', id, view],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      get<Page<PastLine>>(pathWith(`${cardPath(id)}/past`, { view, limit: 50, cursor: pageParam }), signal),
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  })

export const useCardFiles = (id: string): UseQueryResult<readonly CardFile[]> =>
  useQuery({
    queryKey: [CARDS, 'files', id],
    queryFn: async ({ signal }) => (await get<Page<CardFile>>(`${cardPath(id)}/documents`, signal)).items,
  })

export const useChoices = (field: string, q: string, wanted: boolean): UseQueryResult<readonly Choice[]> =>
  useQuery({
    queryKey: ['card-choices', field, q],
    queryFn: async ({ signal }) => (await get<Page<Choice>>(pathWith('/cards/choices', { field, q }), signal)).items,
    placeholderData: keepPreviousData,
    enabled: wanted,
  })

export type Move = { readonly id: string; readonly stage: string; readonly set?: Values }
export const moveCard = ({ id, stage, set = {} }: Move): Promise<Card> =>
  post<Card>(`${cardPath(id)}/moves`, { stage, set })

/** A change that answers with the card as it is now; whatever came of it, the lists are read again. */
export function useCardChange<T>(change: (wish: T) => Promise<Card>): UseMutationResult<Card, Error, T> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: change,
    onSuccess: (card) => client.setQueryData(cardKey(card.id), card),
    onSettled: () => rereadCards(client),
  })
}

export const fillFields = ({ id, set }: { readonly id: string; readonly set: Values }): Promise<Card> =>
  patch<Card>(cardPath(id), { set })

type Closing = {
  readonly task: string
  readonly outcome: string
  readonly set: Values
  readonly answer: Values
  readonly comment: string
}
/** Closes a task; answers with the id of its card. */
export const closeTask = ({ task, outcome, set, answer, comment }: Closing): Promise<{ readonly card: string }> =>
  post(`/tasks/${encodeURIComponent(task)}/outcomes`, {
    outcome,
    set,
    answer,
    ...(comment.trim() === '' ? {} : { comment: comment.trim() }),
  })
