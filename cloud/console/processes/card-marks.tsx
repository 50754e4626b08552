import type { ReactNode } from 'react'
import type { CardItem } from '../api/process.ts'
import { ToneWord } from '../design/tone-word.tsx'
import { spanWords } from '../language/age.ts'
import { useWords } from '../language/language.ts'
import { useNow } from '../live/now.ts'

type Marked = Pick<CardItem, 'limitAt' | 'nextDueAt' | 'openTasks' | 'parked' | 'closedAt'>

/** `needed`: a card without a task is a mistake here. What is wrong with a card, in words: stuck, a task past its time, nobody's task, a step that did not pass. */
export function CardMarks({ card, tasks }: { readonly card: Marked; readonly tasks: 'needed' | 'free' }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  if (card.closedAt !== null) return null
  const stuck = card.limitAt === null ? 0 : now - Date.parse(card.limitAt)
  const late = card.nextDueAt === null ? 0 : now - Date.parse(card.nextDueAt)
  return (
    <>
      {stuck > 0 && <ToneWord tone="stop">{t('process.stuckFor', { span: spanWords(stuck, language) })}</ToneWord>}
      {late > 0 && <ToneWord tone="stop">{t('process.lateFor', { span: spanWords(late, language) })}</ToneWord>}
      {tasks === 'needed' && card.openTasks === 0 && <ToneWord tone="wait">{t('process.noTask')}</ToneWord>}
      {card.parked !== null && <ToneWord tone="wait">{t('process.parked')}</ToneWord>}
    </>
  )
}
