import { Button, Group, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { post } from '../api/api-client.ts'
import type { Card, LogLine, Pipeline } from '../api/process.ts'
import { Panel, Quiet } from '../design/page.tsx'
import { QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { clockWords, dayWords, moscowDay } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import lines from '../vehicles/timeline-panel.module.css'
import { logNote, logTitle } from './log-words.ts'
import { cardPath, rereadCards, useCardLog, usePipelines } from './process-queries.ts'

function Line(props: { readonly line: LogLine; readonly pipeline: Pipeline | undefined }): ReactNode {
  const { line, pipeline } = props
  const { t, language } = useWords()
  const now = useNow(60)
  const note = logNote(line, t)
  return (
    <li className={lines['line']}>
      <span className={lines['at']}>{clockWords(Date.parse(line.at), language)}</span>
      <span aria-hidden="true">·</span>
      <div style={{ whiteSpace: 'pre-line' }}>
        {logTitle(line, pipeline, { t, language, now })}
        {note !== '' && <div className="quiet">{note}</div>}
      </div>
    </li>
  )
}

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

/** Fields that the engine keeps for itself say nothing to people. */
const SILENT = new Set(['unknown', 'task'])

/** Everything that has happened to the card, newest first, and what people have written. */
export function CardLog({ card }: { readonly card: Card }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const log = useCardLog(card.id)
  const pipeline = usePipelines().data?.find(({ id }) => id === card.pipeline)
  const [shown, setShown] = useState(30)
  return (
    <Panel title={t('process.log')}>
      <CommentForm card={card.id} />
      <QueryView query={log}>
        {(known) => {
          const all = known.filter(({ kind }) => !SILENT.has(kind)).toReversed()
          if (all.length === 0) return <Quiet>{t('process.noLog')}</Quiet>
          const days = [...Map.groupBy(all.slice(0, shown), ({ at }) => moscowDay(Date.parse(at)))]
          return (
            <>
              {days.map(([day, of]) => (
                <div key={day}>
                  <h3 className={lines['day']}>{dayWords(Date.parse(of[0]?.at ?? day), now, language)}</h3>
                  <ol className={lines['list']}>
                    {of.map((line) => (
                      <Line key={line.id} line={line} pipeline={pipeline} />
                    ))}
                  </ol>
                </div>
              ))}
              {all.length > shown && (
                <Button variant="default" size="xs" mt="sm" onClick={() => setShown(shown + 100)}>
                  {t('app.more')}
                </Button>
              )}
            </>
          )
        }}
      </QueryView>
    </Panel>
  )
}
