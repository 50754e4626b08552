import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { get } from '../api/api-client.ts'
import type { Account, PaymentPromise, Sweep } from '../api/ledger.ts'
import { type Filter, pathWith } from '../api/lists.ts'

export const POSTINGS = 'postings'
export const ACCOUNTS = 'accounts'
export const PROMISES = 'promises'
export const SOURCES = 'balance-sources'
/** What every movement of money touches. */
export const MONEY = [POSTINGS, ACCOUNTS, PROMISES, 'drivers', 'vehicle', 'timeline'] as const

type Items<T> = { readonly items: readonly T[] }

export const useAccounts = (filter: Filter): UseQueryResult<Items<Account>> =>
  useQuery({
    queryKey: [ACCOUNTS, filter],
    queryFn: ({ signal }) => get<Items<Account>>(pathWith('/ledger/accounts', filter), signal),
    refetchInterval: 60_000,
  })

export const usePromises = (filter: Filter): UseQueryResult<Items<PaymentPromise>> =>
  useQuery({
    queryKey: [PROMISES, filter],
    queryFn: ({ signal }) => get<Items<PaymentPromise>>(pathWith('/ledger/promises', filter), signal),
    refetchInterval: 60_000,
  })

export const useSources = (): UseQueryResult<Items<Sweep>> =>
  useQuery({
    queryKey: [SOURCES],
    queryFn: ({ signal }) => get<Items<Sweep>>('/balances/sources', signal),
    refetchInterval: 10_000,
  })
