import { Anchor } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Panel, Quiet } from '../design/page.tsx'
import { QueryView } from '../design/query-view.tsx'
import { useWords, wordOr } from '../language/language.ts'
import { cardName } from './card-tile.tsx'
import { useAround } from './process-queries.ts'

/** Cards that this one came from, that came of it, and that are about the same car, driver, machine or client. */
export function CardAround({ id }: { readonly id: string }): ReactNode {
  const { t } = useWords()
  const around = useAround(id)
  return (
    <Panel title={t('process.around')}>
      <QueryView query={around}>
        {(known) =>
          known.length === 0 ? (
            <Quiet>{t('process.noneAround')}</Quiet>
          ) : (
            <ul style={{ margin: 0, padding: 0, listStyle: 'none' }}>
              {known.map((card) => (
                <li key={card.id} style={{ marginBottom: 6 }}>
                  <Anchor component={Link} href={`/processes/cards/${card.id}`} size="sm" fw={600} c="inherit">
                    {card.pipelineTitle} · {cardName(card)}
                  </Anchor>
                  <Quiet>
                    {wordOr(t, 'process.relations', card.relation, {})} · {card.stageTitle}
                  </Quiet>
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
    </Panel>
  )
}
