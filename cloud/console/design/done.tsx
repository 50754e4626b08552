import { Button, Group } from '@mantine/core'
import { notifications } from '@mantine/notifications'

/** Says what was done, with a button that takes it back while it is shown. `id`: one that still stands is replaced. */
export function showDone(done: {
  readonly id: string
  readonly message: string
  readonly word: string
  readonly undo: () => void
}): void {
  const { id, message, word, undo } = done
  const takeBack = (): void => {
    notifications.hide(id)
    undo()
  }
  notifications.show({
    id,
    autoClose: 10_000,
    message: (
      <Group justify="space-between" gap="sm" wrap="nowrap">
        <span>{message}</span>
        <Button size="compact-xs" variant="default" onClick={takeBack}>
          {word}
        </Button>
      </Group>
    ),
  })
}
