import { Modal, Stack, Text, Textarea } from '@mantine/core'
import { IconUsers } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { get, post, put } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import { Problem } from '../api/problem.ts'
import type { Policy, PolicyValue, Preset } from '../api/rulebook.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { Small } from '../design/data-table.tsx'
import { Note } from '../design/note.tsx'
import { Quiet } from '../design/page.tsx'
import { QueryView } from '../design/query-view.tsx'
import { ReasonDialog } from '../design/reason-dialog.tsx'
import { useWords } from '../language/language.ts'
import { momentWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { POLICIES, policyPath, usePolicySteps } from './policy-queries.ts'
import { PolicyTrial } from './policy-trial.tsx'
import { valueWords } from './policy-value.ts'
import { ValueField } from './value-field.tsx'

export const titleOf = (policy: Pick<Policy, 'title'>, language: 'ru' | 'en'): string => policy.title[language]

/** A new value; when somebody else was faster his is shown, and ours stays in the field. */
export function PolicyDialog({
  policy,
  onClose,
}: {
  readonly policy: Policy
  readonly onClose: () => void
}): ReactNode {
  const { t, language } = useWords()
  const [value, setValue] = useState<PolicyValue | null>(policy.value)
  const [why, setWhy] = useState('')
  const [base, setBase] = useState(policy.version)
  const [theirs, setTheirs] = useState<Policy | null>(null)
  const save = useChange(() => put<Policy>(policyPath(policy.id), { value, why: why.trim() }, base), {
    touches: [POLICIES],
    done: t('policy.saved'),
  })
  const isConflict = (error: unknown): boolean => error instanceof Problem && error.facts.code === 'policy/changed'
  const lookAgain = async (): Promise<void> => {
    const now = await get<Policy>(policyPath(policy.id))
    setTheirs(now)
    setBase(now.version)
  }
  return (
    <AskDialog
      title={t('policy.changeTitle', { name: titleOf(policy, language) })}
      submit={t('policy.save')}
      change={save}
      size="lg"
      ready={value !== null && why.trim().length >= 3}
      onClose={onClose}
      onSubmit={() =>
        save.mutate(undefined, {
          onSuccess: onClose,
          onError: (error) => {
            if (isConflict(error)) void lookAgain()
          },
        })
      }
    >
      {policy.title.noteRu !== '' && language === 'ru' && <Text size="sm">{policy.title.noteRu}</Text>}
      {theirs !== null && theirs.changed !== null && (
        <Note tone="wait" icon={<IconUsers size={17} />} testId="policy-conflict">
          {t('policy.conflict', {
            by: theirs.changed.by,
            why: theirs.changed.why,
            value: valueWords(theirs, theirs.value, t, language),
          })}
        </Note>
      )}
      <ValueField policy={policy} value={value} onValue={setValue} />
      <Quiet>{t('policy.shipped', { value: valueWords(policy, policy.shipped, t, language) })}</Quiet>
      {value !== null && <PolicyTrial policy={policy} value={value} />}
      <Textarea
        label={t('policy.why')}
        required
        maxLength={500}
        value={why}
        onChange={(event) => setWhy(event.currentTarget.value)}
      />
    </AskDialog>
  )
}

export function PolicyHistory({
  policy,
  onClose,
}: {
  readonly policy: Policy
  readonly onClose: () => void
}): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const steps = usePolicySteps(policy.id)
  return (
    <Modal
      opened
      centered
      onClose={onClose}
      title={t('policy.historyOf', { name: titleOf(policy, language) })}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <QueryView query={steps}>
        {({ items }) =>
          items.length === 0 ? (
            <Quiet>{t('policy.noHistory')}</Quiet>
          ) : (
            <Stack gap="sm">
              {items.map((step) => (
                <div key={step.version}>
                  <Text size="sm" fw={600}>
                    {valueWords(policy, step.value, t, language)}
                  </Text>
                  <Text size="sm">{step.why}</Text>
                  <Small>{`${step.by}, ${momentWords(Date.parse(step.at), now, language)}`}</Small>
                </div>
              ))}
            </Stack>
          )
        }
      </QueryView>
    </Modal>
  )
}

export function PresetDialog(props: {
  readonly preset: Preset
  readonly policies: readonly Policy[]
  readonly onClose: () => void
}): ReactNode {
  const { preset, policies, onClose } = props
  const { t, language } = useWords()
  const take = useChange((why: string) => post(`/policies/presets/${encodeURIComponent(preset.id)}`, { why }), {
    touches: [POLICIES],
    done: t('policy.taken'),
  })
  const changes = policies
    .filter(({ id, value }) => preset.values[id] !== undefined && String(preset.values[id]) !== String(value))
    .map((policy) => `${titleOf(policy, language)}: ${valueWords(policy, preset.values[policy.id] ?? '', t, language)}`)
  return (
    <ReasonDialog
      title={t('policy.takeTitle', { name: preset[language] })}
      submit={t('policy.take')}
      word={t('policy.why')}
      lead={
        <>
          <Text size="sm">{preset.noteRu}</Text>
          <Text size="sm">{t('policy.takeLead', { names: changes.join('; ') || '—' })}</Text>
        </>
      }
      least={3}
      change={take}
      onClose={onClose}
    />
  )
}
