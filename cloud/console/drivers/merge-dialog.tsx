import { Text, Textarea } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useLocation } from 'wouter'
import { post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { Driver } from '../api/leasing.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { useWords } from '../language/language.ts'
import { DRIVERS, driverPath } from './driver-queries.ts'
import { DriverSelect } from './driver-select.tsx'

/** A double goes into the card that is kept; heavy, since it cannot be undone. */
export function MergeDialog({ driver, onClose }: { readonly driver: Driver; readonly onClose: () => void }): ReactNode {
  const { t } = useWords()
  const [, go] = useLocation()
  const [into, setInto] = useState<string | null>(null)
  const [note, setNote] = useState('')
  const merge = useChange(() => post<Driver>(`${driverPath(driver.id)}/merge`, { into, note: note.trim() }), {
    touches: [DRIVERS, 'leases', 'ledger'],
    done: t('driver.merged'),
  })
  return (
    <AskDialog
      title={t('driver.mergeTitle')}
      submit={t('driver.merge')}
      heavy
      change={merge}
      ready={into !== null && note.trim() !== ''}
      onClose={onClose}
      onSubmit={() =>
        merge.mutate(undefined, {
          onSuccess: (kept) => {
            onClose()
            go(`/drivers/${kept.id}`)
          },
        })
      }
    >
      <Text size="sm">{t('driver.mergeLead')}</Text>
      <DriverSelect label={t('driver.mergeInto')} autoFocus chosen={into} onChoose={setInto} without={[driver.id]} />
      <Textarea
        label={t('driver.mergeWhy')}
        required
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
    </AskDialog>
  )
}
