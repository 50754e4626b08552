import {
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { get, post } from '../api/api-client.ts'
import type { Governor, SwitchMode } from '../api/governor.ts'

const GOVERNOR = ['governor'] as const

/** Read again now and then: a signer that dies tells nobody. */
export const useGovernor = (): UseQueryResult<Governor> =>
  useQuery({
    queryKey: GOVERNOR,
    queryFn: ({ signal }) => get<Governor>('/governor', signal),
    refetchInterval: 10_000,
    retry: false,
  })

export type Turning = { readonly mode: Exclude<SwitchMode, 'automatic-frozen'>; readonly reason: string }

function useChange<Wish>(path: string): UseMutationResult<unknown, Error, Wish> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (wish: Wish) => post<unknown>(path, wish),
    onSettled: () => void client.invalidateQueries({ queryKey: GOVERNOR }),
  })
}

export const useTurnSwitch = (): UseMutationResult<unknown, Error, Turning> => useChange('/governor/switch')
export const useBecomeApprover = (): UseMutationResult<unknown, Error, object> => useChange('/governor/approvers')
export const useApprove = (): UseMutationResult<
  unknown,
  Error,
  { readonly orders: readonly string[]; readonly code: string }
> => useChange('/orders/approvals')
