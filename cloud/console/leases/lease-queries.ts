import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { get } from '../api/api-client.ts'
import type { Lease, LeaseStep } from '../api/leasing.ts'

export const LEASES = 'leases'
export const SHIFTS = 'shifts'

export const leasePath = (id: string): string => `/leases/${encodeURIComponent(id)}`

export const useLease = (id: string): UseQueryResult<Lease> =>
  useQuery({
    queryKey: [LEASES, 'one', id],
    queryFn: ({ signal }) => get<Lease>(leasePath(id), signal),
    refetchInterval: 60_000,
  })

export const useLeaseSteps = (id: string): UseQueryResult<{ readonly items: readonly LeaseStep[] }> =>
  useQuery({
    queryKey: [LEASES, 'steps', id],
    queryFn: ({ signal }) => get<{ items: readonly LeaseStep[] }>(`${leasePath(id)}/history`, signal),
  })
