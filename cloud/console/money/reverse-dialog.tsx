import type { ReactNode } from 'react'
import { post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { Posting } from '../api/ledger.ts'
import { ReasonDialog } from '../design/reason-dialog.tsx'
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
  const reverse = useChange(
    (note: string) => post(`/ledger/postings/${encodeURIComponent(posting.id)}/reversal`, { note }),
    { touches: MONEY, done: t('money.reversed') },
  )
  return (
    <ReasonDialog
      title={t('money.reverseTitle', { number: posting.number })}
      submit={t('money.reverse')}
      word={t('money.why')}
      lead={t('money.reverseLead')}
      heavy
      change={reverse}
      onClose={onClose}
    />
  )
}
