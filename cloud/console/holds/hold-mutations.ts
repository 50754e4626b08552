import { notifications } from '@mantine/notifications'
import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query'
import type { HoldReason } from '#contract/order.ts'
import { post, remove } from '../api/api-client.ts'
import type { GivenCode } from '../api/governor.ts'
import { serverNow } from '../api/server-clock.ts'
import type { Hold, HoldAnswer } from '../api/vehicle.ts'
import { useWords, wordOr } from '../language/language.ts'
import { rereadVehicle } from '../vehicles/vehicle-queries.ts'
import { holdsWords } from './hold-words.ts'

export type Placing = { readonly reason: HoldReason; readonly note: string; readonly whenNextParked?: boolean }
export type Gracing = { readonly until: string; readonly note: string }
export type CodeWish = { readonly note: string; readonly shown?: number }
export type Lifting = { readonly holds: readonly Hold[]; readonly note: string }

const pathOf = (vehicleId: string, what: string): string => `/vehicles/${encodeURIComponent(vehicleId)}/${what}`
const holdsPath = (vehicleId: string): string => `/vehicles/${encodeURIComponent(vehicleId)}/holds`

export function usePlaceHold(vehicleId: string): UseMutationResult<HoldAnswer, Error, Placing> {
  const client = useQueryClient()
  const { t } = useWords()
  return useMutation({
    mutationFn: (placing: Placing) => post<HoldAnswer>(holdsPath(vehicleId), placing),
    onSuccess: ({ order, whyNot }) => {
      const stopped = whyNot ?? null
      const words = t(order === null ? 'hold.placedNoOrder' : 'hold.placed')
      const message = stopped === null ? words : wordOr(t, 'whyNot', stopped, { reason: stopped })
      notifications.show({ color: stopped === null ? 'ink' : 'orange', message })
    },
    onSettled: () => rereadVehicle(client, vehicleId),
  })
}

export function useLiftHolds(vehicleId: string): UseMutationResult<readonly Hold[], Error, Lifting> {
  const client = useQueryClient()
  const { t, language } = useWords()
  return useMutation({
    /** One after the other, so that the last answer names what still stands. */
    mutationFn: async ({ holds, note }: Lifting): Promise<readonly Hold[]> => {
      let remaining: readonly Hold[] = []
      for (const hold of holds) {
        const answer = await remove<HoldAnswer>(`${holdsPath(vehicleId)}/${encodeURIComponent(hold.id)}`, { note })
        remaining = answer.remaining ?? []
      }
      return remaining
    },
    onSuccess: (remaining) => {
      const reasons = holdsWords(remaining, { t, language, now: serverNow() })
      const freed = remaining.length === 0
      notifications.show({
        color: freed ? 'ink' : 'orange',
        message: freed ? t('hold.lifted') : t('hold.remaining', { reasons }),
      })
    },
    onSettled: () => rereadVehicle(client, vehicleId),
  })
}

export function useGiveGrace(vehicleId: string): UseMutationResult<unknown, Error, Gracing> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (wish: Gracing) => post<unknown>(pathOf(vehicleId, 'grace'), wish),
    onSettled: () => rereadVehicle(client, vehicleId),
  })
}

export function useEndGrace(vehicleId: string): UseMutationResult<unknown, Error, void> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => remove<unknown>(pathOf(vehicleId, 'grace'), { note: '' }),
    onSettled: () => rereadVehicle(client, vehicleId),
  })
}

/** The code is in the answer and nowhere else. */
export function useGiveCode(vehicleId: string): UseMutationResult<GivenCode, Error, CodeWish> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (wish: CodeWish) => post<GivenCode>(pathOf(vehicleId, 'unlock-code'), wish),
    onSettled: () => rereadVehicle(client, vehicleId),
  })
}
