import { NativeSelect, Text, Textarea, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { post, remove } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import { PAPER_KINDS, type Paper, type PaperKind, type PaperLine } from '../api/upkeep.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { ReasonDialog } from '../design/reason-dialog.tsx'
import { useWords } from '../language/language.ts'
import { plateWords } from '../vehicles/plate.ts'
import { OF_PAPERS, papersPath } from './paper-queries.ts'

export function EnterDialog(props: {
  readonly vehicleId: string
  readonly plate: string
  readonly kind: PaperKind
  readonly onClose: () => void
}): ReactNode {
  const { vehicleId, plate, onClose } = props
  const { t } = useWords()
  const [kind, setKind] = useState(props.kind)
  const [number, setNumber] = useState('')
  const [issuedBy, setIssuedBy] = useState('')
  const [validUntil, setValidUntil] = useState('')
  const [note, setNote] = useState('')
  const enter = useChange(() => post<Paper>(papersPath(vehicleId), { kind, number, issuedBy, validUntil, note }), {
    touches: OF_PAPERS,
    done: t('paper.entered'),
  })
  return (
    <AskDialog
      title={t('paper.enterTitle', { plate: plateWords(plate) })}
      submit={t('paper.save')}
      change={enter}
      ready={number.trim() !== '' && validUntil !== ''}
      onClose={onClose}
      onSubmit={() => enter.mutate(undefined, { onSuccess: onClose })}
    >
      <NativeSelect
        label={t('paper.kind')}
        data={PAPER_KINDS.map((one) => ({ value: one, label: t(`paper.kinds.${one}`) }))}
        value={kind}
        onChange={(event) => setKind(PAPER_KINDS.find((one) => one === event.currentTarget.value) ?? kind)}
      />
      <TextInput
        label={t('paper.number')}
        data-autofocus
        required
        maxLength={60}
        value={number}
        onChange={(event) => setNumber(event.currentTarget.value)}
      />
      <TextInput
        label={t('paper.validUntil')}
        type="date"
        required
        value={validUntil}
        onChange={(event) => setValidUntil(event.currentTarget.value)}
      />
      <TextInput
        label={t('paper.issuedBy')}
        maxLength={200}
        value={issuedBy}
        onChange={(event) => setIssuedBy(event.currentTarget.value)}
      />
      <Textarea
        label={t('paper.note')}
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
    </AskDialog>
  )
}

export function WithdrawDialog({ paper, onClose }: { readonly paper: Paper; readonly onClose: () => void }): ReactNode {
  const { t } = useWords()
  const withdraw = useChange((note: string) => remove(`/papers/${encodeURIComponent(paper.id)}`, { note }), {
    touches: OF_PAPERS,
    done: t('paper.withdrawn'),
  })
  return (
    <ReasonDialog
      title={t('paper.withdrawTitle', { kind: t(`paper.kinds.${paper.kind}`), number: paper.number })}
      submit={t('paper.withdraw')}
      word={t('paper.note')}
      lead={t('paper.withdrawLead')}
      heavy
      most={2000}
      change={withdraw}
      onClose={onClose}
    />
  )
}

export function SendDialog(props: {
  readonly lines: readonly Pick<PaperLine, 'vehicleId' | 'kind' | 'plate'>[]
  readonly onClose: () => void
  readonly onSent: () => void
}): ReactNode {
  const { lines, onClose, onSent } = props
  const { t } = useWords()
  const [note, setNote] = useState('')
  const items = lines.map(({ vehicleId, kind }) => ({ vehicleId, kind }))
  const send = useChange(() => post('/papers/renewals', { items, note: note.trim() }), {
    touches: OF_PAPERS,
    done: t('paper.sent'),
  })
  return (
    <AskDialog
      title={t('paper.send')}
      submit={t('paper.send')}
      change={send}
      onClose={onClose}
      onSubmit={() => send.mutate(undefined, { onSuccess: onSent })}
    >
      <Text size="sm">
        {lines.map(({ kind, plate }) => `${t(`paper.kinds.${kind}`)} ${plateWords(plate)}`).join(', ')}
      </Text>
      <Textarea
        label={t('paper.note')}
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
    </AskDialog>
  )
}

export function CallOffDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }): ReactNode {
  const { t } = useWords()
  const callOff = useChange(() => remove(`/papers/renewals/${encodeURIComponent(id)}`), {
    touches: OF_PAPERS,
    done: t('paper.calledOff'),
  })
  return (
    <AskDialog
      title={t('paper.callOffTitle')}
      submit={t('paper.callOff')}
      heavy
      change={callOff}
      onClose={onClose}
      onSubmit={() => callOff.mutate(undefined, { onSuccess: onClose })}
    />
  )
}
