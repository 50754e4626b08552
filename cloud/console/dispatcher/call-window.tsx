import { Modal } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import { get } from '../api/api-client.ts'
import type { CardItem } from '../api/process.ts'
import { QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { onScreen } from '../live/screens.ts'
import { textOf } from './queries.ts'
import { RequestForm } from './request-form.tsx'

/** A call opens its form over whatever page is open, so that nothing on it is lost; calls that come meanwhile wait their turn. */
export function CallWindow(): ReactNode {
  const { t } = useWords()
  const [path] = useLocation()
  const [cards, setCards] = useState<readonly string[]>([])
  const isHere = path === '/dispatcher'
  useEffect(
    () =>
      onScreen(({ open, card }) => {
        if (open === 'dispatcher_form' && !isHere) setCards((waiting) => [...new Set([...waiting, card])])
      }),
    [isHere],
  )
  const [card] = cards
  const call = useQuery({
    queryKey: ['cards', card],
    queryFn: ({ signal }) => get<CardItem>(`/cards/${card}`, signal),
    enabled: card !== undefined,
  })
  if (card === undefined) return null
  const away = (): void => setCards((waiting) => waiting.slice(1))
  return (
    <Modal
      opened
      size="72rem"
      title={t('dispatcher.window')}
      onClose={away}
      closeButtonProps={{ 'aria-label': t('app.close') }}
      closeOnClickOutside={false}
    >
      <QueryView query={call}>
        {({ fields }) => <RequestForm key={card} card={card} phone={textOf(fields, 'phone')} onDone={away} />}
      </QueryView>
    </Modal>
  )
}
