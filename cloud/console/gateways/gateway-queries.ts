import {
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { get, post } from '../api/api-client.ts'
import type { Claim, Gateway } from '../api/gateway.ts'

const GATEWAYS = ['gateways'] as const
/** Provisioning happens a few times a day; the list need not be livelier than this. */
const REREAD_MS = 15_000

export const useGateways = (): UseQueryResult<{ readonly items: readonly Gateway[] }> =>
  useQuery({
    queryKey: GATEWAYS,
    queryFn: ({ signal }) => get<{ items: readonly Gateway[] }>('/gateways', signal),
    refetchInterval: REREAD_MS,
  })

export type NewClaim = Claim & { readonly id: string; readonly vehicleId: string }

const useReread = (): (() => void) => {
  const client = useQueryClient()
  return () => void client.invalidateQueries({ queryKey: GATEWAYS })
}

/** A new gateway for a vehicle that has none, with its first code. */
export function useProvision(): UseMutationResult<NewClaim, Error, string> {
  const reread = useReread()
  return useMutation({
    mutationFn: (vehicleId: string) => post<NewClaim>('/gateways', { vehicleId }),
    onSettled: reread,
  })
}

/** A fresh code for a gateway that waits for one; the old code is void. */
export function useClaimCode(): UseMutationResult<Claim, Error, string> {
  const reread = useReread()
  return useMutation({
    mutationFn: (id: string) => post<Claim>(`/gateways/${encodeURIComponent(id)}/claim-code`, {}),
    onSettled: reread,
  })
}

export function useRevoke(): UseMutationResult<unknown, Error, string> {
  const reread = useReread()
  return useMutation({
    mutationFn: (id: string) => post<unknown>(`/gateways/${encodeURIComponent(id)}/revoke`, {}),
    onSettled: reread,
  })
}
