import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { get } from '../api/api-client.ts'

export const DEFINITIONS = 'definitions'
export type Version = {
  readonly version: number
  readonly note: string
  readonly loadedAt: string
  readonly loadedBy: string
  readonly activatedAt: string | null
  readonly cards: number
  readonly active: boolean
}
export type SourceFile = { readonly name: string; readonly text: string }
export type Files = { readonly version: number; readonly files: readonly SourceFile[] }
export type Mistake = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
  readonly advice: string
}

export const useVersions = (): UseQueryResult<{ readonly items: readonly Version[] }> =>
  useQuery({
    queryKey: [DEFINITIONS, 'list'],
    queryFn: ({ signal }) => get<{ readonly items: readonly Version[] }>('/definitions', signal),
  })
