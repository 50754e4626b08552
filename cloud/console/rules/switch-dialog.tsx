import { Text, Textarea } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { Rule } from '../api/rulebook.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
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
  const [why, setWhy] = useState('')
  const body = turn.what === 'act' ? { version: turn.version, why: why.trim() } : { why: why.trim() }
  const change = useChange(() => post<Rule>(`${rulePath(rule.id)}/${turn.what}`, body), {
    touches: [RULES],
    done: t(DONE[turn.what]),
  })
  return (
    <AskDialog
      title={t(`rule.${turn.what}Title`, { number: turn.what === 'act' ? turn.version : '' })}
      submit={t(`rule.${turn.what}`)}
      heavy={turn.what === 'act' && rule.placesHold}
      change={change}
      ready={why.trim().length >= 3}
      onClose={onClose}
      onSubmit={() => change.mutate(undefined, { onSuccess: onClose })}
    >
      <Text size="sm">{t(`rule.${turn.what}Lead`)}</Text>
      <Textarea
        label={t('rule.why')}
        required
        data-autofocus
        maxLength={500}
        value={why}
        onChange={(event) => setWhy(event.currentTarget.value)}
      />
    </AskDialog>
  )
}
