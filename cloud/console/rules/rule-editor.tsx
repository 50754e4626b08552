import { Text, Textarea } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { Rule } from '../api/rulebook.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { Note } from '../design/note.tsx'
import { useWords } from '../language/language.ts'
import classes from './rule-editor.module.css'
import { RULES, useLint } from './rule-queries.ts'
import { WhatIf } from './what-if.tsx'

const EMPTY = 'kind: rule\nid: \ntitle: ""\nevent: \nfor: {}\nif: ""\ndo: []\n'

/** What is wrong, line by line, as it is written. */
function Problems({ source }: { readonly source: string }): ReactNode {
  const { t } = useWords()
  const lint = useLint(source)
  const problems = lint.data?.problems
  if (problems === undefined)
    return (
      <Text size="sm" className="quiet">
        {t('rule.checking')}
      </Text>
    )
  if (problems.length === 0)
    return (
      <Note tone="good" icon={<IconCheck size={17} />} testId="no-problems">
        {t('rule.noProblems')}
      </Note>
    )
  return (
    <Note tone="stop" icon={<IconAlertTriangle size={17} />} testId="problems">
      <strong>{t('rule.problems')}</strong>
      <ul className={classes['problems']}>
        {problems.map((problem) => (
          <li key={problem}>{problem}</li>
        ))}
      </ul>
    </Note>
  )
}

/** The text of a rule: its mistakes by line, whom it would hit, and saving it as a version that watches. */
export function RuleEditor(props: {
  readonly rule: Rule | null
  readonly onClose: () => void
  readonly onSaved?: (rule: Rule) => void
}): ReactNode {
  const { rule, onClose, onSaved } = props
  const { t } = useWords()
  const [source, setSource] = useState(rule?.source ?? EMPTY)
  const [why, setWhy] = useState('')
  const [settled] = useDebouncedValue(source, 500)
  const lint = useLint(settled)
  const save = useChange(() => post<Rule>('/rules', { source, base: rule?.newestVersion ?? 0, why: why.trim() }), {
    touches: [RULES],
    done: t('rule.saved'),
  })
  const isClean = settled === source && lint.data?.problems.length === 0
  return (
    <AskDialog
      title={rule === null ? t('rule.add') : `${t('rule.edit')}: ${rule.title}`}
      submit={t('rule.save')}
      size="xl"
      change={save}
      ready={isClean && why.trim().length >= 3}
      onClose={onClose}
      onSubmit={() =>
        save.mutate(undefined, {
          onSuccess: (saved) => {
            onClose()
            onSaved?.(saved)
          },
        })
      }
    >
      <Text size="sm">{t('rule.editLead')}</Text>
      <Textarea
        label={t('rule.source')}
        className={classes['source'] ?? ''}
        data-autofocus
        autosize
        minRows={12}
        maxRows={26}
        maxLength={20_000}
        spellCheck={false}
        value={source}
        onChange={(event) => setSource(event.currentTarget.value)}
      />
      <Problems source={settled} />
      {rule !== null && isClean && <WhatIf ruleId={rule.id} source={source} />}
      <Textarea
        label={t('rule.why')}
        required
        maxLength={500}
        value={why}
        onChange={(event) => setWhy(event.currentTarget.value)}
      />
    </AskDialog>
  )
}
