import { Text, Textarea } from '@mantine/core'
import type { UseMutationResult } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { AskDialog } from './ask-dialog.tsx'

/** Asks why, and does it: the reason goes to `change` and stays on record with what was done. */
export function ReasonDialog<Answer>(props: {
  readonly title: string
  readonly submit: string
  /** What the reason is called here. */
  readonly word: string
  readonly lead?: ReactNode
  readonly heavy?: boolean
  /** Letters at least, and at most. */
  readonly least?: number
  readonly most?: number
  readonly change: UseMutationResult<Answer, Error, string>
  readonly onClose: () => void
}): ReactNode {
  const { title, submit, word, lead, heavy = false, least = 1, most = 500, change, onClose } = props
  const [why, setWhy] = useState('')
  return (
    <AskDialog
      title={title}
      submit={submit}
      heavy={heavy}
      change={change}
      ready={why.trim().length >= least}
      onClose={onClose}
      onSubmit={() => change.mutate(why.trim(), { onSuccess: onClose })}
    >
      {typeof lead === 'string' ? <Text size="sm">{lead}</Text> : lead}
      <Textarea
        label={word}
        required
        data-autofocus
        maxLength={most}
        value={why}
        onChange={(event) => setWhy(event.currentTarget.value)}
      />
    </AskDialog>
  )
}
