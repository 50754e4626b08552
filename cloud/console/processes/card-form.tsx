import { Alert, Anchor, Button, Group, Stack } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import type { Card, FieldView, Values } from '../api/process.ts'
import { Facts } from '../design/facts.tsx'
import { Panel, Quiet } from '../design/page.tsx'
import { FieldInput } from '../fields/field-input.tsx'
import { isFilled, valueWords } from '../fields/field-words.ts'
import { useWords } from '../language/language.ts'
import { refusalWords } from '../language/problem-words.ts'
import { useNow } from '../live/now.ts'
import { fillFields, useCardChange } from './process-queries.ts'

/** Only what the next step asks for stands open; saved at once when asked. */
function NextFields({ card, fields }: { readonly card: Card; readonly fields: readonly FieldView[] }): ReactNode {
  const { t } = useWords()
  const [set, setSet] = useState<Values>({})
  const save = useCardChange(fillFields)
  const touched = Object.keys(set).length > 0
  return (
    <Panel title={t('process.nextFields')}>
      <Stack gap="sm">
        {fields.map((field) => (
          <FieldInput
            key={field.field}
            kind={field}
            card={card.id}
            named={field.label}
            value={field.field in set ? (set[field.field] ?? null) : field.value}
            onValue={(value) => setSet((before) => ({ ...before, [field.field]: value }))}
          />
        ))}
        {save.isError && (
          <Alert color="red" role="alert" style={{ whiteSpace: 'pre-line' }}>
            {refusalWords(save.error, t)}
          </Alert>
        )}
        <Group>
          <Button
            disabled={!touched}
            loading={save.isPending}
            onClick={() => save.mutate({ id: card.id, set }, { onSuccess: () => setSet({}) })}
          >
            {t('process.save')}
          </Button>
        </Group>
      </Stack>
    </Panel>
  )
}

const hrefOf = (field: FieldView): string | null => {
  if (typeof field.value !== 'string') return null
  if (field.type === 'phone') return field.value.startsWith('+') ? `tel:${field.value}` : null
  if (field.refers === 'vehicle') return `/vehicles/${field.value}`
  return field.refers === 'driver' ? `/drivers/${field.value}` : null
}

/** What is known, by whom it is about: the card itself, then what it points at. */
function KnownFields({ card, fields }: { readonly card: Card; readonly fields: readonly FieldView[] }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const sections = Map.groupBy(fields, ({ field }) => (field.includes('.') ? (field.split('.')[0] ?? '') : card.entity))
  const name = (entity: string): string => {
    const words = t(`process.entities.${entity}`)
    return words.startsWith('process.') ? entity : words
  }
  return (
    <>
      {[...sections].map(([entity, of]) => (
        <Panel key={entity} title={name(entity)}>
          <Facts
            facts={of.map((field) => {
              const words = valueWords(field, field.value, field.label, { t, language, now })
              const href = hrefOf(field)
              return {
                word: field.title,
                value:
                  href === null ? (
                    words
                  ) : href.startsWith('tel:') ? (
                    <Anchor href={href} size="sm">
                      {words}
                    </Anchor>
                  ) : (
                    <Anchor component={Link} href={href} size="sm">
                      {words}
                    </Anchor>
                  ),
              }
            })}
          />
        </Panel>
      ))}
      {fields.length === 0 && <Quiet>{t('process.noFields')}</Quiet>}
    </>
  )
}

/** The fields of a card: open those of the next step, the others to read. */
export function CardForm({ card }: { readonly card: Card }): ReactNode {
  // What a task asks for is filled in the task, above.
  const inTasks = new Set(card.tasks.flatMap(({ form }) => form.map(({ field }) => field)))
  const open = card.form.filter(({ field, next, access }) => next && access === 'write' && !inTasks.has(field))
  const known = card.form.filter(({ field, value }) => isFilled(value) && !open.some((one) => one.field === field))
  return (
    <>
      {open.length > 0 && <NextFields key={card.stage} card={card} fields={open} />}
      <KnownFields card={card} fields={known} />
    </>
  )
}
