import type { ReactNode } from 'react'
import { post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { Rule } from '../api/rulebook.ts'
import { ReasonDialog } from '../design/reason-dialog.tsx'
import { useWords } from '../language/language.ts'
import { RULES, rulePath } from './rule-queries.ts'

export type Turn = { readonly what: 'act'; readonly version: number } | { readonly what: 'pause' | 'resume' }

const DONE = { act: 'rule.acted', pause: 'rule.pausedDone', resume: 'rule.resumed' } as const

/** Lets a version act, stops a rule, or lets it go on; the reason stays on record. */
export function SwitchDialog(props: {
  readonly rule: Rule
  readonly turn: Turn
  readonly onClose: () => void
}): ReactNode {
  const { rule, turn, onClose } = props
  const { t } = useWords()
  const version = turn.what === 'act' ? { version: turn.version } : {}
  const change = useChange((why: string) => post<Rule>(`${rulePath(rule.id)}/${turn.what}`, { ...version, why }), {
    touches: [RULES],
    done: t(DONE[turn.what]),
  })
  return (
    <ReasonDialog
      title={t(`rule.${turn.what}Title`, { number: turn.what === 'act' ? turn.version : '' })}
      submit={t(`rule.${turn.what}`)}
      word={t('rule.why')}
      lead={t(`rule.${turn.what}Lead`)}
      heavy={turn.what === 'act' && rule.placesHold}
      least={3}
      change={change}
      onClose={onClose}
    />
  )
}
