import { type QueryClient, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { get } from '../api/api-client.ts'
import { Problem } from '../api/problem.ts'
import type { Session } from '../api/session.ts'

export const SESSION = ['session'] as const

/** Who is signed in; null when nobody is, which is an answer and not a failure. */
async function readSession(signal: AbortSignal): Promise<Session | null> {
  try {
    return await get<Session>('/session', signal)
  } catch (cause) {
    if (cause instanceof Problem && cause.facts.status === 401) return null
    throw cause
  }
}

export const useSession = (): UseQueryResult<Session | null> =>
  useQuery({ queryKey: SESSION, queryFn: ({ signal }) => readSession(signal), staleTime: Number.POSITIVE_INFINITY })

/** Lets somebody in; nothing that the person before them saw stays in the cache. */
export function begin(client: QueryClient, session: Session): void {
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION[0] })
  client.setQueryData(SESSION, session)
}
