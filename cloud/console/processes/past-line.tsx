import { Anchor } from '@mantine/core'
import type { ReactNode } from 'react'
import type { PastLine, Pipeline } from '../api/process.ts'
import { callWords } from '../calls/call-words.ts'
import { Recording } from '../calls/recording.tsx'
import { phoneWords } from '../drivers/phone-words.ts'
import { useWords } from '../language/language.ts'
import { clockWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { MessageStateWord } from '../messages/message-state-word.tsx'
import lines from '../vehicles/timeline-panel.module.css'
import { logNote, logTitle } from './log-words.ts'

const notes = (...parts: readonly (string | null)[]): string =>
  parts.filter((part) => part !== null && part !== '').join(' · ')

function What(props: { readonly line: PastLine; readonly pipeline: Pipeline | undefined }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const { log, call, message, letter, file } = props.line
  if (log !== undefined) {
    const note = logNote(log, t)
    return (
      <>
        {logTitle(log, props.pipeline, { t, language, now })}
        {note !== '' && <div className="quiet">{note}</div>}
      </>
    )
  }
  if (call !== undefined)
    return (
      <>
        {callWords(call, t, language)}
        <div className="quiet">
          {notes(call.phone === null ? t('calls.noNumber') : phoneWords(call.phone), call.source)}
        </div>
        <Recording call={call} />
      </>
    )
  if (message !== undefined)
    return (
      <>
        <div className="quiet">{t('process.past.message')}</div>
        {message.text}
        <div>
          <MessageStateWord message={message} />
        </div>
      </>
    )
  if (letter !== undefined)
    return (
      <>
        <div className="quiet">{t(letter.direction === 'in' ? 'process.past.letterIn' : 'process.past.letterOut')}</div>
        {letter.text}
        {letter.files.map(({ name, url }) => (
          <Anchor key={url} href={url} target="_blank" rel="noopener noreferrer" size="sm" display="block">
            {name}
          </Anchor>
        ))}
        <div className="quiet">
          {notes(
            letter.by ?? letter.who,
            letter.account,
            letter.direction === 'in' ? null : t(`inbox.sent.${letter.state}`),
            letter.problem,
          )}
        </div>
      </>
    )
  if (file !== undefined)
    return (
      <>
        <Anchor href={`/api/documents/${file.id}`} download size="sm">
          {file.name}
        </Anchor>
        <div className="quiet">{notes(t('process.past.file'), file.addedBy)}</div>
      </>
    )
  return null
}

/** One thing that happened about a card: a change, a call with its recording, a message, a letter, a file. */
export function PastLineView(props: { readonly line: PastLine; readonly pipeline: Pipeline | undefined }): ReactNode {
  const { language } = useWords()
  return (
    <li className={lines['line']}>
      <span className={lines['at']}>{clockWords(Date.parse(props.line.at), language)}</span>
      <span aria-hidden="true">·</span>
      <div style={{ whiteSpace: 'pre-line' }}>
        <What {...props} />
      </div>
    </li>
  )
}
