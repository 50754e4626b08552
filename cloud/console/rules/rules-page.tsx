import { Anchor, Button, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { Link, useLocation } from 'wouter'
import type { Rule } from '../api/rulebook.ts'
import type { User } from '../api/session.ts'
import { DataTable, Small } from '../design/data-table.tsx'
import { Page } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { spanWords } from '../language/age.ts'
import { useWords } from '../language/language.ts'
import { useNow } from '../live/now.ts'
import { mayChangeRules } from '../session/rights.ts'
import { eventNames } from './event-name.ts'
import { RuleEditor } from './rule-editor.tsx'
import { useRules } from './rule-queries.ts'
import { RuleStateWord } from './rule-state-word.tsx'

function Counts({ of }: { readonly of: Rule['acting'] }): ReactNode {
  const { t } = useWords()
  const all = of.satisfied + of.notSatisfied + of.unknown
  if (all === 0) return <span className="quiet">—</span>
  return (
    <>
      {t('rule.counts', { yes: of.satisfied, all })}
      {of.unknown > 0 && <Small>{t('rule.countsUnknown', { count: of.unknown })}</Small>}
    </>
  )
}

/** All rules: which act, which only watch, and for how many each holds. */
export function RulesPage({ user }: { readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const [, go] = useLocation()
  const rules = useRules()
  const [adding, setAdding] = useState(false)
  return (
    <Page
      title={t('rule.title')}
      lead={t('rule.lead')}
      actions={
        mayChangeRules(user) && (
          <Button leftSection={<IconPlus size={17} />} onClick={() => setAdding(true)}>
            {t('rule.add')}
          </Button>
        )
      }
    >
      <QueryView query={rules} loading={<Loading lines={8} height={44} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Text className="quiet">{t('rule.empty')}</Text>
          ) : (
            <DataTable
              label={t('rule.title')}
              rows={items}
              keyOf={({ id }) => id}
              columns={[
                {
                  word: t('rule.columns.rule'),
                  plain: true,
                  cell: ({ id, title, placesHold }) => (
                    <>
                      <Anchor component={Link} href={`/rules/${id}`} c="inherit" size="sm" fw={600}>
                        {title}
                      </Anchor>
                      {placesHold && <Small>{t('rule.placesHold')}</Small>}
                    </>
                  ),
                },
                { word: t('rule.columns.state'), cell: ({ state }) => <RuleStateWord state={state} /> },
                { word: t('rule.columns.now'), cell: ({ acting }) => <Counts of={acting} /> },
                {
                  word: t('rule.columns.watch'),
                  cell: ({ shadow, shadowVersion, shadowSince }) =>
                    shadowVersion === null || shadowSince === null ? null : (
                      <>
                        <Counts of={shadow} />
                        <Small>
                          {t('rule.shadowVersion', {
                            number: shadowVersion,
                            span: spanWords(now - Date.parse(shadowSince), language),
                          })}
                        </Small>
                      </>
                    ),
                },
                {
                  word: t('rule.columns.when'),
                  cell: ({ everyMs, events }) => (
                    <>
                      {everyMs !== null && <div>{t('rule.every', { span: spanWords(everyMs, language) })}</div>}
                      {events.length > 0 && <Small>{t('rule.events', { names: eventNames(events, t) })}</Small>}
                    </>
                  ),
                },
              ]}
            />
          )
        }
      </QueryView>
      {adding && <RuleEditor rule={null} onClose={() => setAdding(false)} onSaved={({ id }) => go(`/rules/${id}`)} />}
    </Page>
  )
}
