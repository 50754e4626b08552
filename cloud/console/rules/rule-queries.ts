import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { get, post } from '../api/api-client.ts'
import type { Rule, RuleSwitch, RuleVersion, Trial } from '../api/rulebook.ts'
import type { Page } from '../api/timeline.ts'

export const RULES = 'rules'
export const DECISIONS = 'decisions'
export const rulePath = (id: string): string => `/rules/${encodeURIComponent(id)}`

export const useRules = (): UseQueryResult<Page<Rule>> =>
  useQuery({ queryKey: [RULES], queryFn: ({ signal }) => get<Page<Rule>>('/rules', signal), refetchInterval: 60_000 })

export const useRule = (id: string): UseQueryResult<Rule> =>
  useQuery({
    queryKey: [RULES, 'one', id],
    queryFn: ({ signal }) => get<Rule>(rulePath(id), signal),
    refetchInterval: 60_000,
  })

export const useVersions = (id: string): UseQueryResult<Page<RuleVersion>> =>
  useQuery({
    queryKey: [RULES, 'versions', id],
    queryFn: ({ signal }) => get<Page<RuleVersion>>(`${rulePath(id)}/versions`, signal),
  })

export const useSwitches = (id: string): UseQueryResult<Page<RuleSwitch>> =>
  useQuery({
    queryKey: [RULES, 'switches', id],
    queryFn: ({ signal }) => get<Page<RuleSwitch>>(`${rulePath(id)}/switches`, signal),
  })

/** What is wrong with a text; asked again whenever it has changed. */
export const useLint = (source: string): UseQueryResult<{ readonly problems: readonly string[] }> =>
  useQuery({
    queryKey: ['rule-lint', source],
    queryFn: () => post<{ problems: readonly string[] }>('/rules/lint', { source }),
    enabled: source.trim() !== '',
  })

/** Progress and result of a trial; asked after until it has ended. */
export const useTrial = (id: string | null): UseQueryResult<Trial> =>
  useQuery({
    queryKey: ['what-if', id],
    queryFn: ({ signal }) => get<Trial>(`/rules/what-if/${encodeURIComponent(id ?? '')}`, signal),
    enabled: id !== null,
    refetchInterval: ({ state }) =>
      state.data === undefined || state.data.state === 'waiting' || state.data.state === 'running' ? 1000 : false,
  })
