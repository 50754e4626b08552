import { Text, Textarea } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { Posting } from '../api/ledger.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { useWords } from '../language/language.ts'
import { MONEY } from './money-queries.ts'

/** Undoes a posting by its opposite; the reason is asked for. */
export function ReverseDialog({
  posting,
  onClose,
}: {
  readonly posting: Posting
  readonly onClose: () => void
}): ReactNode {
  const { t } = useWords()
  const [note, setNote] = useState('')
  const reverse = useChange(
    () => post(`/ledger/postings/${encodeURIComponent(posting.id)}/reversal`, { note: note.trim() }),
    { touches: MONEY, done: t('money.reversed') },
  )
  return (
    <AskDialog
      title={t('money.reverseTitle', { number: posting.number })}
      submit={t('money.reverse')}
      heavy
      change={reverse}
      ready={note.trim() !== ''}
      onClose={onClose}
      onSubmit={() => reverse.mutate(undefined, { onSuccess: onClose })}
    >
      <Text size="sm">{t('money.reverseLead')}</Text>
      <Textarea
        label={t('money.why')}
        required
        data-autofocus
        maxLength={500}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
    </AskDialog>
  )
}
