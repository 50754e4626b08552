import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { get } from '../api/api-client.ts'
import type { CardItem, Values } from '../api/process.ts'

export const DISPATCHER = 'dispatcher'
export type Client = { readonly id: string; readonly fields: Values }
export type Machine = {
  readonly serial: string
  readonly fields: Values
  readonly warranty: {
    readonly state: 'valid' | 'over' | 'unknown'
    readonly hoursLeft: number | null
    readonly until: number | null
    readonly endedBy: 'hours' | 'date' | null
  }
  readonly scenarios: { readonly repair: string | null; readonly maintenance: string | null }
}
export type Found = {
  readonly phone: string | null
  readonly clients: readonly Client[]
  readonly machines: readonly Machine[]
  readonly cards: readonly CardItem[]
}

export const useFound = (q: string): UseQueryResult<Found> =>
  useQuery({
    queryKey: [DISPATCHER, 'search', q],
    queryFn: ({ signal }) => get<Found>(`/dispatcher/search?q=${encodeURIComponent(q)}`, signal),
    enabled: q.trim().length >= 2,
  })
export const useClient = (id: string | null): UseQueryResult<Client & Pick<Found, 'machines' | 'cards'>> =>
  useQuery({
    queryKey: [DISPATCHER, 'client', id],
    queryFn: ({ signal }) =>
      get<Client & Pick<Found, 'machines' | 'cards'>>(`/dispatcher/clients/${encodeURIComponent(id ?? '')}`, signal),
    enabled: id !== null,
  })
export const useMachine = (serial: string | null): UseQueryResult<Machine & Pick<Found, 'cards'>> =>
  useQuery({
    queryKey: [DISPATCHER, 'machine', serial],
    queryFn: ({ signal }) =>
      get<Machine & Pick<Found, 'cards'>>(`/dispatcher/machines/${encodeURIComponent(serial ?? '')}`, signal),
    enabled: serial !== null,
  })
/** Calls that nobody has filled in yet, the longest waiting first. */
export const useCalls = (): UseQueryResult<{ readonly items: readonly CardItem[] }> =>
  useQuery({
    queryKey: [DISPATCHER, 'calls'],
    queryFn: ({ signal }) =>
      get<{ readonly items: readonly CardItem[] }>('/cards?pipeline=intake&stage=call&limit=50', signal),
    refetchInterval: 10_000,
  })

export const textOf = (values: Values, field: string): string => {
  const value = values[field]
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}
