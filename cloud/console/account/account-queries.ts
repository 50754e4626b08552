import {
  type PublicKeyCredentialCreationOptionsJSON,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser'
import { type UseMutationResult, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { get, post, remove } from '../api/api-client.ts'
import { useChangeOf } from '../api/change.ts'

export type OwnAccount = {
  readonly id: string
  readonly login: string
  readonly name: string
  readonly role: string
  readonly totp: string | null
  readonly passkeys: readonly {
    readonly id: string
    readonly name: string
    readonly createdAt: string
    readonly lastUsedAt: string | null
  }[]
  readonly recoveryCodesLeft: number
  readonly freshUntil: string | null
  readonly noBlockUntil: string | null
  readonly noticePhone: string | null
  readonly secondFactorToBlock: 'on' | 'off'
}
export type OwnSession = {
  readonly id: string
  readonly lastSeenAt: string
  readonly address: string
  readonly program: string
  readonly current: boolean
}
export type ApiToken = {
  readonly id: string
  readonly name: string
  readonly lastUsedAt: string | null
  readonly scopes: readonly string[] | null
  readonly shown: string
}
export type RequestOptions = Parameters<typeof startAuthentication>[0]['optionsJSON']

const ACCOUNT = ['account'] as const

export const useOwnAccount = (): UseQueryResult<OwnAccount> =>
  useQuery({ queryKey: ACCOUNT, queryFn: ({ signal }) => get<OwnAccount>('/account', signal) })
export const useOwnSessions = (): UseQueryResult<{ readonly items: readonly OwnSession[] }> =>
  useQuery({ queryKey: [...ACCOUNT, 'sessions'], queryFn: ({ signal }) => get('/account/sessions', signal) })
export const useOwnTokens = (): UseQueryResult<{ readonly items: readonly ApiToken[] }> =>
  useQuery({ queryKey: [...ACCOUNT, 'tokens'], queryFn: ({ signal }) => get('/tokens', signal) })

/** A change to the own account; everything about it is read again afterwards. */
export const useAccountChange = <Wish, Answer>(
  change: (wish: Wish) => Promise<Answer>,
): UseMutationResult<Answer, Error, Wish> => useChangeOf(ACCOUNT, change)

export const beginTotp = (password: string | undefined): Promise<{ readonly secret: string; readonly uri: string }> =>
  post('/account/totp', { password })
export const confirmTotp = (code: string): Promise<{ readonly recoveryCodes: readonly string[] | null }> =>
  post('/account/totp/confirm', { code })

/** Asks the server for a question, the device for its answer, and lets the server keep the key. */
export async function addPasskey(wish: {
  readonly name: string
  readonly password: string | undefined
}): Promise<{ readonly recoveryCodes: readonly string[] | null }> {
  type Question = { readonly step: string; readonly options: PublicKeyCredentialCreationOptionsJSON }
  const { step, options } = await post<Question>('/account/passkeys/options', { password: wish.password })
  const passkey = await startRegistration({ optionsJSON: options })
  return post('/account/passkeys', { step, name: wish.name, passkey })
}

/** Shows a second factor once more. */
export const proveByCode = (code: string): Promise<unknown> => post('/session/prove', { code })
export async function proveByPasskey(): Promise<unknown> {
  const { step, passkey } = await post<{ readonly step: string; readonly passkey: RequestOptions }>(
    '/session/prove/passkey',
    {},
  )
  return post('/session/prove', { step, passkey: await startAuthentication({ optionsJSON: passkey }) })
}

export const drop = (path: string): Promise<unknown> => remove(path)
