import { NativeSelect, Radio, Stack, Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import { Problem } from '../api/problem.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { useWords } from '../language/language.ts'
import { DEFINITIONS, type Version } from './queries.ts'

/** Switches a version on: new cards are born on it; standing ones stay on theirs, or come along. */
export function ActivateDialog({
  version,
  onClose,
}: {
  readonly version: Version
  readonly onClose: () => void
}): ReactNode {
  const { t } = useWords()
  const [cards, setCards] = useState<'keep' | 'move'>('keep')
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  // Stages that are gone are named by the refusal as `pipeline.stage`; where their cards go is said here.
  const [pipeline = '', stage = ''] = from.split('.')
  const mapping = pipeline !== '' && stage !== '' && to !== '' ? { [pipeline]: { [stage]: to } } : {}
  const activate = useChange(
    () => post<{ readonly carried: number }>(`/definitions/${version.version}/activate`, { cards, mapping }),
    { touches: [DEFINITIONS, 'pipelines', 'cards'], done: t('definitions.published', { version: version.version }) },
  )
  return (
    <AskDialog
      title={t('definitions.publishTitle', { version: version.version })}
      submit={t('definitions.publish')}
      change={activate}
      onClose={onClose}
      onSubmit={() => activate.mutate(undefined, { onSuccess: onClose })}
    >
      <Text size="sm">{t('definitions.publishLead')}</Text>
      <Radio.Group
        label={t('definitions.standing')}
        value={cards}
        onChange={(value) => setCards(value === 'move' ? 'move' : 'keep')}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="keep" label={t('definitions.keep')} />
          <Radio value="move" label={t('definitions.move')} />
        </Stack>
      </Radio.Group>
      {goneStages(activate.error).length > 0 && (
        <Stack gap="xs">
          <Text size="sm">{t('definitions.mapping')}</Text>
          <NativeSelect
            label={t('definitions.gone')}
            data={['', ...goneStages(activate.error)]}
            value={from}
            onChange={(event) => setFrom(event.currentTarget.value)}
          />
          <TextInput
            label={t('definitions.target')}
            value={to}
            onChange={(event) => setTo(event.currentTarget.value)}
          />
        </Stack>
      )}
    </AskDialog>
  )
}

/** Pure. `pipeline.stage` of each stage that a refusal names. */
function goneStages(error: unknown): readonly string[] {
  const detail = error instanceof Problem ? (error.facts.detail ?? '') : ''
  return [...detail.matchAll(/([a-z_0-9]+\.[a-z_0-9]+): \d+/g)].map((found) => found[1] ?? '')
}
