import type { ReactNode } from 'react'
import type { Message } from '../api/message.ts'
import { Small } from '../design/data-table.tsx'
import type { Tone } from '../design/state-tone.ts'
import { ToneWord } from '../design/tone-word.tsx'
import { useWords } from '../language/language.ts'
import { clockWords } from '../language/moment.ts'

const TONE: Readonly<Record<Message['state'], Tone>> = {
  queued: 'wait',
  sent: 'wait',
  delivered: 'good',
  failed: 'stop',
  'no-channel': 'stop',
}

/** How far a message has come, and by which way. */
export function MessageStateWord({ message }: { readonly message: Message }): ReactNode {
  const { t, language } = useWords()
  const { state, channel, trouble, dueAt, outside } = message
  const notes = [
    channel === null || channel === 'log' ? '' : t(`message.channels.${channel}`),
    outside === 'no' && state !== 'queued' ? t('message.inside') : '',
    dueAt === null ? '' : t('message.goesAt', { at: clockWords(Date.parse(dueAt), language) }),
    trouble,
  ].filter((part) => part !== '')
  return (
    <>
      <ToneWord tone={TONE[state]}>{t(`message.states.${state}`)}</ToneWord>
      {notes.length > 0 && <Small>{notes.join(' · ')}</Small>}
    </>
  )
}
