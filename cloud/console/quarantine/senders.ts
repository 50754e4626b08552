import { useQuery } from '@tanstack/react-query'
import { get } from '../api/api-client.ts'
import { useGateways } from '../gateways/gateway-queries.ts'
import { plateWords } from '../vehicles/plate.ts'

type Tracker = {
  readonly id: string
  readonly plate: string | null
  readonly login: string
  readonly device: string
}

/** Whoever may have sent what is in quarantine: his car, where one is known, and the name he sends by. */
export type Sender = { readonly id: string; readonly plate: string | null; readonly name: string }

/** Pure. In one line, for a list to choose from. */
export const senderWords = ({ plate, name }: Sender): string =>
  plate === null ? name : `${plateWords(plate)} · ${name}`

/** Gateways and trackers, by plate. */
export function useSenders(): readonly Sender[] {
  const gateways = useGateways()
  const trackers = useQuery({
    queryKey: ['trackers'],
    queryFn: ({ signal }) => get<{ items: readonly Tracker[] }>('/trackers', signal),
  })
  const senders = [
    ...(gateways.data?.items ?? []).map(({ id, plate }) => ({ id, plate, name: id })),
    ...(trackers.data?.items ?? []).map(({ id, plate, login, device }) => ({ id, plate, name: `${login}/${device}` })),
  ]
  return senders.toSorted((a, b) => senderWords(a).localeCompare(senderWords(b)))
}
