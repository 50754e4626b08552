import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { post } from '../api/api-client.ts'
import type { Card, FieldKind, Pipeline, Values } from '../api/process.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { FieldInput } from '../fields/field-input.tsx'
import { isFilled } from '../fields/field-words.ts'
import { useWords } from '../language/language.ts'
import { rereadCards } from './process-queries.ts'

/** What says who and what it is about, where the first stage asks for nothing more. */
const USUAL = ['name', 'phone', 'source', 'vehicle', 'driver']

/** Pure. Fields that a new card is asked for: those of its first stage, then the usual ones. */
export function startFields(pipeline: Pipeline): readonly { readonly kind: FieldKind; readonly needed: boolean }[] {
  const first = pipeline.stages.find(({ id }) => id === pipeline.start)
  const needed = first?.needIn ?? []
  return [...new Set([...needed, ...USUAL])].flatMap((field) => {
    const kind = pipeline.fields.find((one) => one.field === field)
    return kind === undefined || kind.access === 'read' || kind.type === 'file'
      ? []
      : [{ kind, needed: needed.includes(field) }]
  })
}

/** A card made by hand. */
export function NewCardDialog(props: {
  readonly pipeline: Pipeline
  readonly onMade: (card: Card) => void
  readonly onClose: () => void
}): ReactNode {
  const { pipeline, onMade, onClose } = props
  const { t } = useWords()
  const client = useQueryClient()
  const [set, setSet] = useState<Values>({})
  const fields = startFields(pipeline)
  const make = useMutation({
    mutationFn: () => {
      const filled = Object.fromEntries(Object.entries(set).filter(([, value]) => isFilled(value)))
      return post<Card>('/cards', { pipeline: pipeline.id, fields: filled })
    },
    onSuccess: (card) => {
      void rereadCards(client)
      onMade(card)
    },
  })
  return (
    <AskDialog
      title={t('process.newCard', { pipeline: pipeline.title })}
      submit={t('process.create')}
      change={make}
      ready={fields.every(({ kind, needed }) => !needed || isFilled(set[kind.field]))}
      onSubmit={() => make.mutate()}
      onClose={onClose}
    >
      {fields.map(({ kind, needed }) => (
        <FieldInput
          key={kind.field}
          kind={kind}
          required={needed}
          value={set[kind.field] ?? null}
          onValue={(value) => setSet((before) => ({ ...before, [kind.field]: value }))}
        />
      ))}
    </AskDialog>
  )
}
