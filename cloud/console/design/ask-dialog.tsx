import { Alert, Button, Group, Modal, Stack } from '@mantine/core'
import type { FormEvent, ReactNode } from 'react'
import { useWords } from '../language/language.ts'
import { refusalWords } from '../language/problem-words.ts'

type Change = { readonly isPending: boolean; readonly isError: boolean; readonly error: unknown }

/** Asks for what a change needs; Enter sends it, and a refusal stands above the buttons with nothing lost. */
export function AskDialog(props: {
  readonly title: string
  readonly submit: string
  readonly change: Change
  readonly ready?: boolean
  readonly heavy?: boolean
  readonly size?: string
  readonly onSubmit: () => void
  readonly onClose: () => void
  readonly children?: ReactNode
}): ReactNode {
  const { title, submit, change, ready = true, heavy = false, size = 'md', onSubmit, onClose, children } = props
  const { t } = useWords()
  const send = (event: FormEvent): void => {
    event.preventDefault()
    // A dialog may stand in the form of another one; React would carry the event up to it.
    event.stopPropagation()
    if (ready && !change.isPending) onSubmit()
  }
  return (
    <Modal
      opened
      centered
      size={size}
      title={title}
      onClose={onClose}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <form onSubmit={send} noValidate>
        <Stack gap="md">
          {children}
          {change.isError && (
            <Alert color="red" role="alert" style={{ whiteSpace: 'pre-line' }}>
              {refusalWords(change.error, t)}
            </Alert>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('app.cancel')}
            </Button>
            <Button type="submit" loading={change.isPending} disabled={!ready} {...(heavy ? { color: 'red' } : {})}>
              {submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
