import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { get } from '../api/api-client.ts'
import type { Driver, DriverSecrets, DriverState } from '../api/leasing.ts'
import { type Filter, pathWith } from '../api/lists.ts'
import type { Page } from '../api/timeline.ts'

export const DRIVERS = 'drivers'

/** Pure. What a search means: enough digits for a whole number are a phone, everything else part of a name. */
export function searchFilter(typed: string, state: DriverState | null): Filter {
  const text = typed.trim()
  const isPhone = /^[+\d\s()-]+$/.test(text)
  if (isPhone) return { state, phone: text.replace(/\D/g, '').length >= 10 ? text : null }
  return { state, q: text }
}

export const driverPath = (id: string): string => `/drivers/${encodeURIComponent(id)}`

export const useDriver = (id: string): UseQueryResult<Driver> =>
  useQuery({
    queryKey: [DRIVERS, 'one', id],
    queryFn: ({ signal }) => get<Driver>(driverPath(id), signal),
    refetchInterval: 60_000,
  })

export const useFoundDrivers = (typed: string): UseQueryResult<Page<Driver>> =>
  useQuery({
    queryKey: [DRIVERS, 'found', typed],
    queryFn: ({ signal }) =>
      get<Page<Driver>>(pathWith('/drivers', { limit: 20, ...searchFilter(typed, null) }), signal),
    placeholderData: keepPreviousData,
  })

/** Asked for only when somebody wants to see: each look goes on record. */
export const useSecrets = (id: string, wanted: boolean): UseQueryResult<DriverSecrets> =>
  useQuery({
    queryKey: ['driver-secrets', id],
    queryFn: ({ signal }) => get<DriverSecrets>(`${driverPath(id)}/secrets`, signal),
    enabled: wanted,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
