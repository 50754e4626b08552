import { Alert, Button, Group, Select, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { post } from '../api/api-client.ts'
import type { Card, CardItem, Pipeline } from '../api/process.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { useWords } from '../language/language.ts'
import { refusalWords } from '../language/problem-words.ts'
import { cardName } from './card-tile.tsx'
import { cardPath, moveCard, rereadCards, useChoices } from './process-queries.ts'

type Asking = { readonly title: string; readonly change: (card: CardItem) => Promise<Card> }
type Refusal = { readonly card: CardItem; readonly cause: unknown }

const UNASKED = { isPending: false, isError: false, error: null }

/** The same to several cards, one after another, once it was said of how many; each that is refused is named with its reason. */
export function BulkBar(props: {
  readonly pipeline: Pipeline
  readonly cards: readonly CardItem[]
  readonly onDone: (left: ReadonlySet<string>) => void
}): ReactNode {
  const { pipeline, cards, onDone } = props
  const { t } = useWords()
  const client = useQueryClient()
  const [done, setDone] = useState<number | null>(null)
  const [refusals, setRefusals] = useState<readonly Refusal[]>([])
  const [asking, setAsking] = useState<Asking | null>(null)
  const people = useChoices('responsible', '', true)
  const each = async (change: (card: CardItem) => Promise<Card>): Promise<void> => {
    const failed: Refusal[] = []
    for (const [index, card] of cards.entries()) {
      setDone(index)
      await change(card).catch((cause: unknown) => failed.push({ card, cause }))
    }
    setDone(null)
    setRefusals(failed)
    onDone(new Set(failed.map(({ card }) => card.id)))
    await rereadCards(client)
  }
  return (
    <div className="panel" style={{ marginBottom: 12 }} data-testid="bulk">
      <Group gap="sm" align="flex-end">
        <Text size="sm" fw={600}>
          {done === null
            ? t('process.chosen', { count: cards.length })
            : t('process.bulkRunning', { done, all: cards.length })}
        </Text>
        {pipeline.moves !== 'auto_only' && (
          <Select
            size="xs"
            aria-label={t('process.moveTo')}
            placeholder={t('process.moveTo')}
            disabled={done !== null}
            data={pipeline.stages.map(({ id, title }) => ({ value: id, label: title }))}
            value={null}
            onChange={(stage) => {
              const to = pipeline.stages.find(({ id }) => id === stage)
              if (to !== undefined)
                setAsking({
                  title: `${t('process.moveTo')}: ${to.title}`,
                  change: (card) => moveCard({ id: card.id, stage: to.id }),
                })
            }}
          />
        )}
        <Select
          size="xs"
          aria-label={t('process.handTo')}
          placeholder={t('process.handTo')}
          searchable
          disabled={done !== null}
          data={[...(people.data ?? [])]}
          value={null}
          onChange={(person) => {
            const to = people.data?.find(({ value }) => value === person)
            if (to !== undefined)
              setAsking({
                title: `${t('process.handTo')}: ${to.label}`,
                change: (card) => post<Card>(`${cardPath(card.id)}/responsible`, { to: `person:${to.value}` }),
              })
          }}
        />
        <Button size="xs" variant="subtle" disabled={done !== null} onClick={() => onDone(new Set())}>
          {t('process.unchoose')}
        </Button>
      </Group>
      {asking !== null && (
        <AskDialog
          title={asking.title}
          submit={t('app.confirm')}
          change={UNASKED}
          onClose={() => setAsking(null)}
          onSubmit={() => {
            setAsking(null)
            void each(asking.change)
          }}
        >
          <Text size="sm">{t('process.chosen', { count: cards.length })}</Text>
        </AskDialog>
      )}
      {refusals.length > 0 && (
        <Alert color="red" mt="sm" role="alert">
          {refusals.slice(0, 20).map(({ card, cause }) => (
            <div key={card.id} style={{ whiteSpace: 'pre-line' }}>
              {cardName(card)}: {refusalWords(cause, t)}
            </div>
          ))}
        </Alert>
      )}
    </div>
  )
}
