import { NativeSelect, NumberInput, Text, Textarea } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import { CONDITIONS, type Condition, POSTPONE_REASONS, type PostponeReason, type Visit } from '../api/upkeep.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { ReasonDialog } from '../design/reason-dialog.tsx'
import { useWords } from '../language/language.ts'
import { kmWords } from '../language/quantity.ts'
import { plateWords } from '../vehicles/plate.ts'
import { inspectionPath, UPKEEP, visitPath } from './inspection-queries.ts'
import { type ChosenSlot, SlotFields } from './slot-fields.tsx'

export function BookDialog(props: {
  readonly vehicleId: string
  readonly plate: string
  readonly onClose: () => void
}): ReactNode {
  const { vehicleId, plate, onClose } = props
  const { t } = useWords()
  const [slot, setSlot] = useState<ChosenSlot | null>(null)
  const book = useChange(() => post<Visit>(`${inspectionPath(vehicleId)}/visits`, slot), {
    touches: UPKEEP,
    done: t('inspection.bookedDone'),
  })
  return (
    <AskDialog
      title={t('inspection.bookTitle', { plate: plateWords(plate) })}
      submit={t('inspection.book')}
      change={book}
      ready={slot !== null}
      onClose={onClose}
      onSubmit={() => book.mutate(undefined, { onSuccess: onClose })}
    >
      <SlotFields chosen={slot} onChoose={setSlot} />
    </AskDialog>
  )
}

type OfVisit = { readonly visit: Visit; readonly onClose: () => void }

export function PostponeDialog({ visit, onClose }: OfVisit): ReactNode {
  const { t } = useWords()
  const [reason, setReason] = useState<PostponeReason | null>(null)
  const [note, setNote] = useState('')
  const [next, setNext] = useState<ChosenSlot | null>(null)
  const postpone = useChange(
    () => post(visitPath(visit, 'postpone'), { reason, note: note.trim(), ...(next === null ? {} : { next }) }),
    { touches: UPKEEP, done: t('inspection.postponedDone') },
  )
  return (
    <AskDialog
      title={t('inspection.postponeTitle')}
      submit={t('inspection.postpone')}
      change={postpone}
      ready={reason !== null}
      onClose={onClose}
      onSubmit={() => postpone.mutate(undefined, { onSuccess: onClose })}
    >
      <Text size="sm">{t('inspection.postponeLead')}</Text>
      <NativeSelect
        label={t('inspection.reason')}
        data-autofocus
        data={[
          { value: '', label: '—' },
          ...POSTPONE_REASONS.map((one) => ({ value: one, label: t(`inspection.reasons.${one}`) })),
        ]}
        value={reason ?? ''}
        onChange={(event) => setReason(POSTPONE_REASONS.find((one) => one === event.currentTarget.value) ?? null)}
      />
      <Textarea
        label={t('inspection.note')}
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <Text size="sm" fw={600}>
        {t('inspection.newTime')}
      </Text>
      <SlotFields chosen={next} onChoose={setNext} none={t('inspection.withoutTime')} />
    </AskDialog>
  )
}

export function CancelDialog({ visit, onClose }: OfVisit): ReactNode {
  const { t } = useWords()
  const cancel = useChange((note: string) => post(visitPath(visit, 'cancel'), { note }), {
    touches: UPKEEP,
    done: t('inspection.cancelled'),
  })
  return (
    <ReasonDialog
      title={t('inspection.cancelTitle')}
      submit={t('inspection.cancel')}
      word={t('inspection.note')}
      lead={t('inspection.cancelLead')}
      heavy
      most={2000}
      change={cancel}
      onClose={onClose}
    />
  )
}

export function FinishDialog({ visit, onClose }: OfVisit): ReactNode {
  const { t, language } = useWords()
  const [odometerKm, setOdometerKm] = useState<number | null>(null)
  const [condition, setCondition] = useState<Condition | null>(null)
  const [note, setNote] = useState('')
  const finish = useChange(
    () => post<Visit>(visitPath(visit, 'finish'), { odometerKm, condition, conditionNote: note.trim() }),
    { touches: UPKEEP, done: t('inspection.finished') },
  )
  return (
    <AskDialog
      title={t('inspection.finishTitle')}
      submit={t('inspection.finish')}
      change={finish}
      ready={odometerKm !== null && condition !== null}
      onClose={onClose}
      onSubmit={() => finish.mutate(undefined, { onSuccess: onClose })}
    >
      <Text size="sm">{t('inspection.finishLead')}</Text>
      <NumberInput
        label={t('inspection.odometer')}
        {...(visit.deviceOdometerKm === null
          ? {}
          : { description: t('inspection.byGateway', { km: kmWords(visit.deviceOdometerKm, language) }) })}
        data-autofocus
        allowDecimal={false}
        allowNegative={false}
        max={9_999_999}
        hideControls
        thousandSeparator="&nbsp;"
        value={odometerKm ?? ''}
        onChange={(value) => setOdometerKm(typeof value === 'number' ? value : null)}
      />
      <NativeSelect
        label={t('inspection.condition')}
        data={[
          { value: '', label: '—' },
          ...CONDITIONS.map((one) => ({ value: one, label: t(`inspection.conditions.${one}`) })),
        ]}
        value={condition ?? ''}
        onChange={(event) => setCondition(CONDITIONS.find((one) => one === event.currentTarget.value) ?? null)}
      />
      <Textarea
        label={t('inspection.note')}
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
    </AskDialog>
  )
}
