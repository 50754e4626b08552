import { Stack, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import type { Card, FieldValue, Values } from '../api/process.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { QueryView } from '../design/query-view.tsx'
import { FieldInput } from '../fields/field-input.tsx'
import { isFilled } from '../fields/field-words.ts'
import { useWords } from '../language/language.ts'
import { moveCard, useCard, useCardChange } from './process-queries.ts'

function Fields(props: {
  readonly card: Card
  readonly stage: string
  readonly onMoved: (card: Card) => void
  readonly onClose: () => void
}): ReactNode {
  const { card, stage, onMoved, onClose } = props
  const { t } = useWords()
  const [set, setSet] = useState<Values>({})
  const way = card.ways.find((one) => one.stage === stage)
  const move = useCardChange(moveCard)
  // The first answer decides which fields are shown: one that is being filled must not go away.
  const [asked] = useState(way?.missing ?? [])
  const fields = card.form.filter(({ field }) => asked.includes(field))
  const closed = fields.filter(({ access }) => access === 'read')
  const open = fields.filter(({ access }) => access === 'write')
  const isWhole = open.every(({ field, value }) => isFilled(set[field] ?? value)) && closed.length === 0
  const sentences = (way?.why ?? []).filter((one) => !/^(Не заполнено|Not filled): /.test(one))
  return (
    <AskDialog
      title={t('process.moveTitle', { stage: way?.title ?? stage })}
      submit={t('process.move')}
      change={move}
      ready={isWhole && (asked.length > 0 || sentences.length === 0)}
      onSubmit={() => move.mutate({ id: card.id, stage, set }, { onSuccess: onMoved })}
      onClose={onClose}
    >
      {open.length > 0 && <Text size="sm">{t('process.moveNeeds')}</Text>}
      {open.map((kind) => (
        <FieldInput
          key={kind.field}
          kind={kind}
          card={card.id}
          named={kind.label}
          value={set[kind.field] ?? kind.value}
          onValue={(value: FieldValue) => setSet((before) => ({ ...before, [kind.field]: value }))}
        />
      ))}
      {closed.length > 0 && (
        <Text size="sm" role="alert">
          {t('process.notYours', { fields: closed.map(({ title }) => title).join(', ') })}
        </Text>
      )}
      {sentences.length > 0 && !move.isError && (
        <Stack gap={2} data-testid="refusal" role="alert">
          <Text size="sm" fw={600}>
            {t(open.length > 0 ? 'process.mindsToo' : 'process.cannotMove')}
          </Text>
          {sentences.map((one) => (
            <Text size="sm" key={one}>
              {one}
            </Text>
          ))}
        </Stack>
      )}
    </AskDialog>
  )
}

/** Opened when a move was not possible as it was: exactly the fields that it lacks, or why it is refused. */
export function MoveDialog(props: {
  readonly id: string
  readonly stage: string
  readonly onMoved: (card: Card) => void
  readonly onClose: () => void
}): ReactNode {
  const card = useCard(props.id)
  return <QueryView query={card}>{(known) => <Fields {...props} card={known} />}</QueryView>
}
