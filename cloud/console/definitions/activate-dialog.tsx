import { NativeSelect, Radio, Stack, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import { Problem } from '../api/problem.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { useWords } from '../language/language.ts'
import { CARDS, usePipelines } from '../processes/process-queries.ts'
import { stagesIn } from './drawable.ts'
import { DEFINITIONS, type SourceFile, type Version } from './queries.ts'

/** A stage that is gone, with the cards that stand there. */
type Gone = { readonly pipeline: string; readonly stage: string; readonly count: number }

/** Pure. The stages that a refusal names, as `pipeline.stage: count`. */
export function goneStages(error: unknown): readonly Gone[] {
  const detail = error instanceof Problem ? (error.facts.detail ?? '') : ''
  return [...detail.matchAll(/([a-z_0-9]+)\.([a-z_0-9]+): (\d+)/g)].map(([, pipeline = '', stage = '', count]) => ({
    pipeline,
    stage,
    count: Number(count),
  }))
}

type Mapping = Readonly<Record<string, Readonly<Record<string, string>>>>

/** Switches a version on: new cards are born on it; standing ones stay on theirs, or come along. */
export function ActivateDialog(props: {
  readonly version: Version
  readonly files: readonly SourceFile[]
  readonly onClose: () => void
}): ReactNode {
  const { version, files, onClose } = props
  const { t, language } = useWords()
  const [cards, setCards] = useState<'keep' | 'move'>('keep')
  const [mapping, setMapping] = useState<Mapping>({})
  const pipelines = usePipelines().data ?? []
  const activate = useChange(
    () => post<{ readonly carried: number }>(`/definitions/${version.version}/activate`, { cards, mapping }),
    { touches: [DEFINITIONS, 'pipelines', CARDS], done: t('definitions.published', { version: version.version }) },
  )
  const gone = goneStages(activate.error)
  const titleOf = ({ pipeline, stage, count }: Gone): string => {
    const known = pipelines.find(({ id }) => id === pipeline)
    const title = known?.stages.find(({ id }) => id === stage)?.title ?? stage
    return t('definitions.goneStage', { pipeline: known?.title ?? pipeline, stage: title, count })
  }
  const put = ({ pipeline, stage }: Gone, target: string): void => {
    const { [stage]: _before, ...others } = mapping[pipeline] ?? {}
    setMapping({ ...mapping, [pipeline]: target === '' ? others : { ...others, [stage]: target } })
  }
  return (
    <AskDialog
      title={t('definitions.publishTitle', { version: version.version })}
      submit={t('definitions.publish')}
      change={activate}
      ready={gone.every(({ pipeline, stage }) => mapping[pipeline]?.[stage] !== undefined)}
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
      {gone.length > 0 && (
        <Stack gap="xs" data-testid="gone">
          <Text size="sm">{t('definitions.mapping')}</Text>
          {gone.map((one) => (
            <NativeSelect
              key={`${one.pipeline}.${one.stage}`}
              label={titleOf(one)}
              data={[
                { value: '', label: t('definitions.target') },
                ...stagesIn(files, one.pipeline, language).map(({ id, title }) => ({ value: id, label: title })),
              ]}
              value={mapping[one.pipeline]?.[one.stage] ?? ''}
              onChange={(event) => put(one, event.currentTarget.value)}
            />
          ))}
        </Stack>
      )}
    </AskDialog>
  )
}
