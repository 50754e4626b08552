import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { get } from '../api/api-client.ts'
import type { Policy, PolicyStep, Preset } from '../api/rulebook.ts'
import type { Page } from '../api/timeline.ts'

export const POLICIES = 'policies'
export const policyPath = (id: string): string => `/policies/${encodeURIComponent(id)}`

export const usePolicies = (): UseQueryResult<{
  readonly items: readonly Policy[]
  readonly presets: readonly Preset[]
}> =>
  useQuery({
    queryKey: [POLICIES],
    queryFn: ({ signal }) => get<{ items: readonly Policy[]; presets: readonly Preset[] }>('/policies', signal),
  })

export const usePolicySteps = (id: string): UseQueryResult<Page<PolicyStep>> =>
  useQuery({
    queryKey: [POLICIES, 'history', id],
    queryFn: ({ signal }) => get<Page<PolicyStep>>(`${policyPath(id)}/history?limit=100`, signal),
  })
