import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { get } from '../api/api-client.ts'
import { pathWith } from '../api/lists.ts'
import type { Morning, NumberItem } from '../api/morning.ts'

export const PERIODS = [1, 7, 30, 92] as const

export const useMorning = (days: number): UseQueryResult<Morning> =>
  useQuery({
    queryKey: ['morning', days],
    queryFn: ({ signal }) => get<Morning>(pathWith('/reports/morning', { days }), signal),
    refetchInterval: 60_000,
  })

export const useNumberList = (
  number: string,
  days: number,
  reason: string | null,
): UseQueryResult<{ readonly items: readonly NumberItem[] }> =>
  useQuery({
    queryKey: ['morning', 'list', number, days, reason],
    queryFn: ({ signal }) =>
      get<{ items: readonly NumberItem[] }>(pathWith(`/reports/morning/${number}`, { days, reason }), signal),
  })
