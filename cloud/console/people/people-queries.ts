import { type UseMutationResult, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { get } from '../api/api-client.ts'
import { useChangeOf } from '../api/change.ts'

export type Person = {
  readonly id: string
  readonly login: string
  readonly name: string
  readonly role: string
  readonly parks: 'all' | readonly string[]
  readonly secondFactor: readonly string[]
  readonly noBlockUntil: string | null
}
export type Invitation = {
  readonly id: string
  readonly kind: 'new' | 'recovery'
  readonly name: string
  readonly role: string
  readonly expiresAt: string
}
export type Issued = { readonly token: string; readonly expiresAt: string }

export type Park = { readonly id: string; readonly name: string }

/** Roles that a person may be given. */
export const ROLES = [
  'owner',
  'head',
  'manager',
  'support',
  'security',
  'papers',
  'service',
  'mechanic',
  'dispatcher',
  'technician',
  'accountant',
  'auditor',
  'integration',
]

const PEOPLE = ['people'] as const
type List<Item> = UseQueryResult<{ readonly items: readonly Item[] }>
export const usePeople = (): List<Person> =>
  useQuery({ queryKey: [...PEOPLE, 'accounts'], queryFn: ({ signal }) => get('/accounts', signal) })
export const useInvitations = (): List<Invitation> =>
  useQuery({ queryKey: [...PEOPLE, 'invitations'], queryFn: ({ signal }) => get('/invitations', signal) })
export const useParks = (): List<Park> =>
  useQuery({ queryKey: ['parks'], queryFn: ({ signal }) => get('/parks', signal) })

/** A change to people; everything about them is read again afterwards. */
export const useChange = <Wish, Answer>(
  change: (wish: Wish) => Promise<Answer>,
): UseMutationResult<Answer, Error, Wish> => useChangeOf(PEOPLE, change)

/** The page where an invitation is taken; what stands behind # never reaches a server's log. */
export const linkOf = ({ token }: Issued): string => `${window.location.origin}/join#${token}`
