import {
  type PublicKeyCredentialCreationOptionsJSON,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser'
import { type UseMutationResult, type UseQueryResult, useQuery } from '@tanstack/react-query'
import type { RequestOptions } from '../account/account-queries.ts'
import { get, post } from '../api/api-client.ts'
import { useChangeOf } from '../api/change.ts'
import type { Governor, SwitchMode } from '../api/governor.ts'
import type { Order } from '../api/vehicle.ts'

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

/** A change of what the signer governs; all of it is read again afterwards. */
export const useGovernorChange = <Wish, Answer>(
  change: (wish: Wish) => Promise<Answer>,
): UseMutationResult<Answer, Error, Wish> => useChangeOf(GOVERNOR, change)

export const useTurnSwitch = (): UseMutationResult<unknown, Error, Turning> =>
  useGovernorChange((wish: Turning) => post<unknown>('/governor/switch', wish))
export const useBecomeApprover = (): UseMutationResult<unknown, Error, object> =>
  useGovernorChange((wish: object) => post<unknown>('/governor/approvers', wish))

/** `way`: how the second person proved himself; only a passkey is bound to the list of cars. */
export type Approved = { readonly approved: number; readonly way: 'code' | 'passkey' }
type ByCode = { readonly orders: readonly string[]; readonly code: string }
export const useApprove = (): UseMutationResult<Approved, Error, ByCode> =>
  useGovernorChange((wish: ByCode) => post<Approved>('/orders/approvals', wish))

/** What the signer lists, and asks a passkey to sign. */
export type AskedList = {
  readonly wish: string
  readonly until: string
  readonly orders: readonly Order[]
  readonly options: RequestOptions
}
export const askForList = (orders: readonly string[]): Promise<AskedList> =>
  post<AskedList>('/orders/approvals/options', { orders })
export async function signList({ wish, options }: AskedList): Promise<Approved> {
  return post<Approved>('/orders/approvals', { wish, passkey: await startAuthentication({ optionsJSON: options }) })
}

/** Brings a passkey for standing by blocks, with the word from the signer's terminal; answers its thumbprint. */
export async function bringPasskey(word: string): Promise<{ readonly thumbprint: string }> {
  type Question = { readonly options: PublicKeyCredentialCreationOptionsJSON }
  const { options } = await post<Question>('/governor/passkeys/options', { word })
  return post('/governor/passkeys', { passkey: await startRegistration({ optionsJSON: options }) })
}
