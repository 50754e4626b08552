import { type QueryKey, type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query'

/** A change to what is kept under `queryKey`; all of it is read again afterwards, whether the change came through or not. */
export function useChangeOf<Wish, Answer>(
  queryKey: QueryKey,
  change: (wish: Wish) => Promise<Answer>,
): UseMutationResult<Answer, Error, Wish> {
  const client = useQueryClient()
  return useMutation({ mutationFn: change, onSettled: () => void client.invalidateQueries({ queryKey }) })
}
