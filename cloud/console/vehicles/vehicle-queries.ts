import {
  keepPreviousData,
  type QueryClient,
  type UseInfiniteQueryResult,
  type UseQueryResult,
  useInfiniteQuery,
  useQuery,
} from '@tanstack/react-query'
import { get } from '../api/api-client.ts'
import type { Page, TimelineItem } from '../api/timeline.ts'
import type { Gaps, LedgerDay, Mileage, Track } from '../api/track.ts'
import type { Order, Vehicle } from '../api/vehicle.ts'
import { dayBounds } from '../language/moment.ts'

export const FLEET = ['vehicles'] as const
const ORDERS = ['orders'] as const
const TIMELINE = ['timeline'] as const
const ORDER = ['order'] as const

/** Reads a card again: state, orders with their steps, history. Nothing is put on screen that the server has not said. */
export function rereadVehicle(client: QueryClient, vehicleId: string): void {
  for (const key of [vehicleKey(vehicleId), ORDER, [...ORDERS, vehicleId], [...TIMELINE, vehicleId]]) {
    void client.invalidateQueries({ queryKey: key })
  }
}

export const vehicleKey = (id: string): readonly string[] => ['vehicle', id]

const PAGE = 200
/** More points than this no screen can show and no finger can hit. */
const TRACK_POINTS = 5000

async function readFleet(signal: AbortSignal): Promise<readonly Vehicle[]> {
  const fleet: Vehicle[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page: Page<Vehicle> = await get(`/vehicles?limit=${PAGE}${query}`, signal)
    fleet.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return fleet
}

/** The whole fleet; kept fresh by the live feed, read again in full after an outage. */
export const useFleet = (): UseQueryResult<readonly Vehicle[]> =>
  useQuery({ queryKey: FLEET, queryFn: ({ signal }) => readFleet(signal), staleTime: 60_000 })

const vehicleQuery = (id: string) => ({
  queryKey: vehicleKey(id),
  queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
    get<Vehicle>(`/vehicles/${encodeURIComponent(id)}`, signal),
  staleTime: 30_000,
})
export const useVehicle = (id: string): UseQueryResult<Vehicle> => useQuery(vehicleQuery(id))

/** What a vehicle is called, also on pages that show no fleet; its id when nobody tells. */
export async function plateOf(client: QueryClient, id: string): Promise<string> {
  const known = client.getQueryData<readonly Vehicle[]>(FLEET)?.find((vehicle) => vehicle.id === id)
  const vehicle = known ?? (await client.fetchQuery(vehicleQuery(id)).catch(() => undefined))
  return vehicle?.plate ?? id
}

/** Pure. A Moscow day as the query of a range. */
export const rangeOf = (day: string): string => {
  const { from, to } = dayBounds(day)
  return `from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`
}

/** The track of one Moscow day; `growing` days are read again each half minute. */
export const useTrack = (id: string, day: string, growing: boolean): UseQueryResult<Track> =>
  useQuery({
    queryKey: ['track', id, day],
    queryFn: ({ signal }) =>
      get<Track>(`/vehicles/${encodeURIComponent(id)}/track?${rangeOf(day)}&maxPoints=${TRACK_POINTS}`, signal),
    refetchInterval: growing ? 30_000 : false,
    placeholderData: keepPreviousData,
  })

const UNCOUNTED: Mileage = { km: null, errorKm: null, source: null, gaps: [] }

/** As the ledger counts that day, from where the day before ended: the page and the bill say the same. */
export const useMileage = (id: string, day: string, growing: boolean): UseQueryResult<Mileage> =>
  useQuery({
    queryKey: ['mileage', id, day],
    queryFn: async ({ signal }) => {
      const path = `/vehicles/${encodeURIComponent(id)}/mileage/daily?from=${day}&to=${day}`
      const { items } = await get<{ items: readonly { readonly mileage: Mileage }[] }>(path, signal)
      return items[0]?.mileage ?? UNCOUNTED
    },
    refetchInterval: growing ? 60_000 : false,
  })

/** When nobody knows where the vehicle was on that day, and why. */
export const useBlanks = (id: string, day: string, growing: boolean): UseQueryResult<Gaps> =>
  useQuery({
    queryKey: ['gaps', id, day],
    queryFn: ({ signal }) => get<Gaps>(`/vehicles/${encodeURIComponent(id)}/gaps?${rangeOf(day)}`, signal),
    refetchInterval: growing ? 60_000 : false,
  })

/** Every value the ledger has had for that day; none before the day is closed. */
export const useLedgerDay = (id: string, day: string): UseQueryResult<{ items: readonly LedgerDay[] }> =>
  useQuery({
    queryKey: ['mileage', 'ledger', id, day],
    queryFn: ({ signal }) => get(`/vehicles/${encodeURIComponent(id)}/mileage/ledger?from=${day}&to=${day}`, signal),
  })

export const useOrders = (id: string): UseQueryResult<{ readonly items: readonly Order[] }> =>
  useQuery({
    queryKey: [...ORDERS, id],
    queryFn: ({ signal }) => get<{ items: readonly Order[] }>(`/vehicles/${encodeURIComponent(id)}/orders`, signal),
  })

/** One order with its steps and their evidence. */
export const useOrder = (id: string, shown: boolean): UseQueryResult<Order> =>
  useQuery({
    queryKey: [...ORDER, id],
    queryFn: ({ signal }) => get<Order>(`/orders/${encodeURIComponent(id)}`, signal),
    enabled: shown,
  })

type TimelinePages = { readonly pages: readonly Page<TimelineItem>[]; readonly pageParams: readonly (string | null)[] }

export const useTimeline = (id: string): UseInfiniteQueryResult<TimelinePages> =>
  useInfiniteQuery({
    queryKey: [...TIMELINE, id],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam === null ? '' : `&cursor=${encodeURIComponent(pageParam)}`
      return get<Page<TimelineItem>>(`/vehicles/${encodeURIComponent(id)}/timeline?limit=20${cursor}`, signal)
    },
    getNextPageParam: (page) => page.nextCursor,
  })
