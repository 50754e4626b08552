import { Button, Group, NativeSelect, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { post } from '../api/api-client.ts'
import { linesOf } from '../api/lists.ts'
import type { Card, PastLine } from '../api/process.ts'
import { MoreButton } from '../design/more-button.tsx'
import { Panel, Quiet } from '../design/page.tsx'
import { QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { dayWords, moscowDay } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import lines from '../vehicles/timeline-panel.module.css'
import { PastLineView } from './past-line.tsx'
import { cardPath, rereadCards, usePast, usePipelines } from './process-queries.ts'

function CommentForm({ card }: { readonly card: string }): ReactNode {
  const { t } = useWords()
  const client = useQueryClient()
  const [text, setText] = useState('')
  const write = useMutation({
    mutationFn: () => post<null>(`${cardPath(card)}/comments`, { text: text.trim() }),
    onSuccess: () => {
      setText('')
      void rereadCards(client)
    },
  })
  return (
    <Group align="flex-end" gap="xs" mb="sm">
      <Textarea
        aria-label={t('process.comment')}
        placeholder={t('process.writeComment')}
        autosize
        minRows={1}
        style={{ flex: 1 }}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={write.isError ? t('process.notWritten') : undefined}
      />
      <Button variant="default" disabled={text.trim() === ''} loading={write.isPending} onClick={() => write.mutate()}>
        {t('process.write')}
      </Button>
    </Group>
  )
}

const VIEWS = ['all', 'calls', 'messages', 'papers', 'comments', 'changes'] as const

/** Everything about the card in one list, newest first: changes, calls with recordings, messages, files, comments. */
export function CardLog({ card }: { readonly card: Card }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const [view, setView] = useState<(typeof VIEWS)[number]>('all')
  const past = usePast(card.id, view)
  const pipeline = usePipelines().data?.find(({ id }) => id === card.pipeline)
  return (
    <Panel title={t('process.log')}>
      <CommentForm card={card.id} />
      <NativeSelect
        aria-label={t('process.past.which')}
        data={VIEWS.map((one) => ({ value: one, label: t(`process.past.views.${one}`) }))}
        value={view}
        onChange={({ currentTarget }) => setView(VIEWS.find((one) => one === currentTarget.value) ?? 'all')}
        w={240}
        maw="100%"
      />
      <QueryView query={past}>
        {(pages) => {
          const all = linesOf(pages)
          if (all.length === 0) return <Quiet>{t(view === 'all' ? 'process.noLog' : 'process.past.nothing')}</Quiet>
          const days = [...Map.groupBy(all, ({ at }) => moscowDay(Date.parse(at)))]
          return (
            <>
              {days.map(([day, of]) => (
                <div key={day}>
                  <h3 className={lines['day']}>{dayWords(Date.parse(of[0]?.at ?? day), now, language)}</h3>
                  <ol className={lines['list']}>
                    {of.map((line) => (
                      <PastLineView key={keyOf(line)} line={line} pipeline={pipeline} />
                    ))}
                  </ol>
                </div>
              ))}
              <MoreButton of={past} />
            </>
          )
        }}
      </QueryView>
    </Panel>
  )
}

const keyOf = ({ source, at, log, call, message, letter, file }: PastLine): string =>
  `${source} ${String(log?.id ?? call?.id ?? message?.id ?? letter?.id ?? file?.id ?? at)}`
