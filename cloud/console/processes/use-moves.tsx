import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Problem } from '../api/problem.ts'
import type { Card } from '../api/process.ts'
import { showDone } from '../design/done.tsx'
import { useWords } from '../language/language.ts'
import { refusalWords } from '../language/problem-words.ts'
import { cardName } from './card-tile.tsx'
import { MoveDialog } from './move-dialog.tsx'
import { cardKey, moveCard, rereadCards } from './process-queries.ts'

/** Refusals that a form or the sentences of a guard answer. */
const ASKED = new Set(['card/refused', 'card/fields-missing'])

/**
 * Moving by hand. What lacks fields opens exactly those; what is refused says why; what has been done can be taken back
 * where the way back is open. `dialog` belongs somewhere on the page.
 */
export function useMoves(): {
  readonly move: (card: { readonly id: string; readonly stage: string }, stage: string) => void
  readonly dialog: ReactNode
} {
  const { t } = useWords()
  const client = useQueryClient()
  const [asking, setAsking] = useState<{ readonly id: string; readonly from: string; readonly stage: string } | null>(
    null,
  )

  const refused = (cause: unknown): void => {
    notifications.show({
      color: 'red',
      title: t('process.notMoved'),
      message: refusalWords(cause, t),
      autoClose: 12_000,
    })
  }
  const undo = (card: Card, back: string): void => {
    moveCard({ id: card.id, stage: back })
      .catch(refused)
      .finally(() => void rereadCards(client))
  }
  const moved = (card: Card, from: string): void => {
    client.setQueryData(cardKey(card.id), card)
    void rereadCards(client)
    const way = card.ways.find(({ stage }) => stage === from)
    const isOpen = way !== undefined && way.why.length === 0 && card.work
    // One that still stands would swallow the next one of the same card.
    const id = `moved-${card.id}-${Date.parse(card.enteredAt)}`
    const message = t('process.moved', { name: cardName(card), stage: card.stageTitle })
    if (isOpen) showDone({ id, message, word: t('process.takeBack'), undo: () => undo(card, from) })
    else notifications.show({ id, message })
  }
  return {
    move: (card, stage) => {
      moveCard({ id: card.id, stage })
        .then((after) => moved(after, card.stage))
        .catch((cause: unknown) => {
          if (cause instanceof Problem && ASKED.has(cause.facts.code)) {
            void client
              .invalidateQueries({ queryKey: cardKey(card.id) })
              .then(() => setAsking({ id: card.id, from: card.stage, stage }))
          } else refused(cause)
        })
    },
    dialog: asking !== null && (
      <MoveDialog
        id={asking.id}
        stage={asking.stage}
        onMoved={(card) => {
          setAsking(null)
          moved(card, asking.from)
        }}
        onClose={() => setAsking(null)}
      />
    ),
  }
}
