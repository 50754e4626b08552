import { useQuery } from '@tanstack/react-query'
import { get } from '../api/api-client.ts'
import { useGateways } from '../gateways/gateway-queries.ts'

type Tracker = {
  readonly id: string
  readonly plate: string | null
  readonly login: string
  readonly device: string
}

/** Whoever may have sent what is in quarantine: an id, and the words by which a person knows it. */
export type Sender = { readonly id: string; readonly words: string }

/** Gateways and trackers, by plate. */
export function useSenders(): readonly Sender[] {
  const gateways = useGateways()
  const trackers = useQuery({
    queryKey: ['trackers'],
    queryFn: ({ signal }) => get<{ items: readonly Tracker[] }>('/trackers', signal),
  })
  const senders = [
    ...(gateways.data?.items ?? []).map(({ id, plate }) => ({ id, words: plate === null ? id : `${plate} · ${id}` })),
    ...(trackers.data?.items ?? []).map(({ id, plate, login, device }) => ({
      id,
      words: `${plate ?? '—'} · ${login}/${device}`,
    })),
  ]
  return senders.toSorted((a, b) => a.words.localeCompare(b.words))
}
