import { Button, Group, Stack, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import type { Policy, Preset } from '../api/rulebook.ts'
import type { User } from '../api/session.ts'
import { DataTable, Small } from '../design/data-table.tsx'
import { Page, Panel } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { ToneWord } from '../design/tone-word.tsx'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { mayChangeRules } from '../session/rights.ts'
import { PolicyDialog, PolicyHistory, PresetDialog, titleOf } from './policy-dialogs.tsx'
import { usePolicies } from './policy-queries.ts'
import { boundWords, valueWords } from './policy-value.ts'

type Asking =
  | { readonly kind: 'change' | 'history'; readonly policy: Policy }
  | { readonly kind: 'preset'; readonly preset: Preset }

const isInForce = (preset: Preset, policies: readonly Policy[]): boolean =>
  Object.entries(preset.values).every(([id, value]) =>
    policies.some((policy) => policy.id === id && String(policy.value) === String(value)),
  )

function Presets(props: {
  readonly presets: readonly Preset[]
  readonly policies: readonly Policy[]
  readonly onTake: ((preset: Preset) => void) | null
}): ReactNode {
  const { presets, policies, onTake } = props
  const { t, language } = useWords()
  return (
    <Panel title={t('policy.presets')}>
      <Stack gap="md">
        {presets.map((preset) => (
          <Group key={preset.id} justify="space-between" align="flex-start" gap="sm">
            <div style={{ flex: '1 1 260px' }}>
              <Text size="sm" fw={600}>
                {preset[language]}
              </Text>
              {language === 'ru' && <Text size="sm">{preset.noteRu}</Text>}
            </div>
            {isInForce(preset, policies) ? (
              <Text size="sm" component="div">
                <ToneWord tone="good">{t('policy.inForce')}</ToneWord>
              </Text>
            ) : (
              onTake !== null && (
                <Button size="xs" variant="default" onClick={() => onTake(preset)}>
                  {t('policy.take')}
                </Button>
              )
            )}
          </Group>
        ))}
      </Stack>
    </Panel>
  )
}

/** Every number the owner may set, within its bounds. */
export function PoliciesPage({ user }: { readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const policies = usePolicies()
  const [asking, setAsking] = useState<Asking | null>(null)
  const close = (): void => setAsking(null)
  const may = ({ who }: Policy): boolean => mayChangeRules(user) && (who === 'head' || user.role === 'owner')
  return (
    <Page title={t('policy.title')} lead={t('policy.lead')}>
      <QueryView query={policies} loading={<Loading lines={9} height={44} />}>
        {({ items, presets }) => (
          <Stack gap="md">
            <Presets
              presets={presets}
              policies={items}
              onTake={user.role === 'owner' ? (preset) => setAsking({ kind: 'preset', preset }) : null}
            />
            <DataTable
              label={t('policy.title')}
              rows={items}
              keyOf={({ id }) => id}
              columns={[
                {
                  word: t('policy.title'),
                  plain: true,
                  cell: (policy) => (
                    <>
                      <strong style={{ fontWeight: 600 }}>{titleOf(policy, language)}</strong>
                      {language === 'ru' && <Small>{policy.title.noteRu}</Small>}
                    </>
                  ),
                },
                {
                  word: t('policy.value'),
                  cell: (policy) => (
                    <>
                      {valueWords(policy, policy.value, t, language)}
                      <Small>{boundWords(policy, t, language)}</Small>
                    </>
                  ),
                },
                {
                  word: t('policy.history'),
                  cell: ({ changed }) =>
                    changed === null ? (
                      <span className="quiet">{t('policy.asShipped')}</span>
                    ) : (
                      <Small>
                        {t('policy.changed', {
                          by: changed.by,
                          why: changed.why,
                          at: sinceWords(Date.parse(changed.at), now, language),
                        })}
                      </Small>
                    ),
                },
                {
                  word: '',
                  end: true,
                  cell: (policy) => (
                    <Group gap={6} justify="flex-end" wrap="nowrap">
                      <Button
                        size="compact-sm"
                        variant="subtle"
                        aria-label={t('policy.historyOf', { name: titleOf(policy, language) })}
                        onClick={() => setAsking({ kind: 'history', policy })}
                      >
                        {t('policy.history')}
                      </Button>
                      {may(policy) ? (
                        <Button
                          size="compact-sm"
                          variant="default"
                          aria-label={t('policy.changeTitle', { name: titleOf(policy, language) })}
                          onClick={() => setAsking({ kind: 'change', policy })}
                        >
                          {t('policy.change')}
                        </Button>
                      ) : (
                        policy.who === 'owner' && <Small>{t('policy.ownerOnly')}</Small>
                      )}
                    </Group>
                  ),
                },
              ]}
            />
            {asking?.kind === 'preset' && <PresetDialog preset={asking.preset} policies={items} onClose={close} />}
            {asking?.kind === 'change' && <PolicyDialog policy={asking.policy} onClose={close} />}
            {asking?.kind === 'history' && <PolicyHistory policy={asking.policy} onClose={close} />}
          </Stack>
        )}
      </QueryView>
    </Page>
  )
}
