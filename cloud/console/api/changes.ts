import { notifications } from '@mantine/notifications'
import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query'

/**
 * A change of the world: says `done` when it is done, and reads again what it touches (cache keys by their first word).
 * Nothing is put on screen that the server has not said.
 */
export function useChange<Wish, Answer>(
  change: (wish: Wish) => Promise<Answer>,
  options: { readonly touches: readonly string[]; readonly done?: string },
): UseMutationResult<Answer, Error, Wish> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: change,
    onSuccess: () => {
      if (options.done !== undefined) notifications.show({ color: 'ink', message: options.done })
    },
    onSettled: () => {
      for (const key of options.touches) void client.invalidateQueries({ queryKey: [key] })
    },
  })
}
