import { Anchor, Button, Stack, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { linesOf, usePages } from '../api/lists.ts'
import type { DecisionLine, Rule, RuleVersion } from '../api/rulebook.ts'
import type { User } from '../api/session.ts'
import { Small } from '../design/data-table.tsx'
import { Facts } from '../design/facts.tsx'
import { Columns, Page, Panel, Quiet } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { spanWords } from '../language/age.ts'
import { useWords } from '../language/language.ts'
import { momentWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { mayChangeRules } from '../session/rights.ts'
import { DecisionsTable } from './decisions-table.tsx'
import { eventNames } from './event-name.ts'
import classes from './rule-editor.module.css'
import { RuleEditor } from './rule-editor.tsx'
import { DECISIONS, useRule, useSwitches, useVersions } from './rule-queries.ts'
import { RuleStateWord } from './rule-state-word.tsx'
import { SwitchDialog, type Turn } from './switch-dialog.tsx'
import { WhatIf } from './what-if.tsx'

function Standing({ rule }: { readonly rule: Rule }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const counts = ({ satisfied, notSatisfied, unknown }: Rule['acting']): string =>
    t('rule.counts', { yes: satisfied, all: satisfied + notSatisfied + unknown })
  const unknown = ({ unknown: count }: Rule['acting']): string =>
    count === 0 ? '' : t('rule.countsUnknown', { count })
  return (
    <Panel title={t('rule.columns.state')}>
      <Facts
        facts={[
          {
            word: t('rule.columns.state'),
            value: <RuleStateWord state={rule.state} />,
            note: rule.actingVersion === null ? '' : t('rule.version', { number: rule.actingVersion }),
          },
          { word: t('rule.columns.now'), value: counts(rule.acting), note: unknown(rule.acting) },
          ...(rule.shadowVersion === null || rule.shadowSince === null
            ? []
            : [
                {
                  word: t('rule.columns.watch'),
                  value: counts(rule.shadow),
                  note: `${t('rule.shadowVersion', {
                    number: rule.shadowVersion,
                    span: spanWords(now - Date.parse(rule.shadowSince), language),
                  })} ${unknown(rule.shadow)}`,
                },
              ]),
          {
            word: t('rule.columns.when'),
            value: rule.everyMs === null ? '' : t('rule.every', { span: spanWords(rule.everyMs, language) }),
            note: eventNames(rule.events, t),
          },
        ]}
      />
    </Panel>
  )
}

function VersionLine(props: { readonly version: RuleVersion; readonly onAct: (() => void) | null }): ReactNode {
  const { version, onAct } = props
  const { t, language } = useWords()
  const now = useNow(3600)
  return (
    <div>
      <Text size="sm" fw={600} className="capital">
        {t('rule.version', { number: version.version })}
      </Text>
      {version.differences.map(({ ru, en }) => (
        <Text key={ru} size="sm">
          {language === 'ru' ? ru : en}
        </Text>
      ))}
      <Text size="sm">{version.origin === 'shipped' ? t('rule.shipped') : version.why}</Text>
      <Small>{t('rule.versionBy', { by: version.by, at: momentWords(Date.parse(version.at), now, language) })}</Small>
      {onAct !== null && (
        <Button size="compact-sm" variant="light" mt={6} onClick={onAct}>
          {t('rule.act')}
        </Button>
      )}
    </div>
  )
}

function Versions({
  rule,
  onAct,
}: {
  readonly rule: Rule
  readonly onAct: ((version: number) => void) | null
}): ReactNode {
  const { t } = useWords()
  const versions = useVersions(rule.id)
  return (
    <Panel title={t('rule.versions')}>
      <QueryView query={versions}>
        {({ items }) => (
          <Stack gap="md">
            {items.map((version) => (
              <VersionLine
                key={version.version}
                version={version}
                onAct={onAct === null || version.version === rule.actingVersion ? null : () => onAct(version.version)}
              />
            ))}
          </Stack>
        )}
      </QueryView>
    </Panel>
  )
}

function Switches({ id }: { readonly id: string }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const switches = useSwitches(id)
  return (
    <Panel title={t('rule.switches')}>
      <QueryView query={switches}>
        {({ items }) =>
          items.length === 0 ? (
            <Quiet>{t('rule.noSwitches')}</Quiet>
          ) : (
            <Stack gap="sm">
              {items.map((one) => (
                <div key={`${one.at} ${one.what}`}>
                  <Text size="sm" fw={600}>
                    {[
                      t(`rule.switch.${one.what}`),
                      one.version === null ? '' : t('rule.version', { number: one.version }),
                    ]
                      .filter((part) => part !== '')
                      .join(', ')}
                  </Text>
                  <Text size="sm">{one.why}</Text>
                  <Small>
                    {t('rule.versionBy', { by: one.by, at: momentWords(Date.parse(one.at), now, language) })}
                  </Small>
                </div>
              ))}
            </Stack>
          )
        }
      </QueryView>
    </Panel>
  )
}

function Decisions({ rule }: { readonly rule: Rule }): ReactNode {
  const { t } = useWords()
  const isWatching = rule.shadowVersion !== null && rule.actingVersion === null
  const filter = { ruleId: rule.id, limit: 10, ...(isWatching ? { mode: 'shadow' } : {}) }
  const decisions = usePages<DecisionLine>(DECISIONS, '/decisions', filter)
  return (
    <Panel
      title={t(isWatching ? 'rule.shadowResults' : 'rule.decisions')}
      actions={
        <Anchor component={Link} href={`/decisions?rule=${rule.id}`} size="xs">
          {t('rule.allOf')}
        </Anchor>
      }
    >
      <QueryView query={decisions}>
        {(pages) => {
          const found = linesOf(pages)
          if (found.length === 0) return <Quiet>{t(isWatching ? 'rule.noShadow' : 'rule.noDecisions')}</Quiet>
          return <DecisionsTable lines={found.slice(0, 10)} bare />
        }}
      </QueryView>
    </Panel>
  )
}

function Card({ rule, user }: { readonly rule: Rule; readonly user: User }): ReactNode {
  const { t } = useWords()
  const [asking, setAsking] = useState<Turn | 'edit' | null>(null)
  const mayChange = mayChangeRules(user)
  const close = (): void => setAsking(null)
  return (
    <Page
      back="/rules"
      title={rule.title}
      {...(rule.placesHold ? { lead: t('rule.placesHold') } : {})}
      actions={
        mayChange && (
          <>
            {(rule.state === 'acting' || rule.state === 'shadow') && (
              <Button variant="default" onClick={() => setAsking({ what: 'pause' })}>
                {t('rule.pause')}
              </Button>
            )}
            {rule.state === 'paused' && (
              <Button variant="default" onClick={() => setAsking({ what: 'resume' })}>
                {t('rule.resume')}
              </Button>
            )}
            <Button onClick={() => setAsking('edit')}>{t('rule.edit')}</Button>
          </>
        )
      }
    >
      <Columns
        main={
          <>
            <Standing rule={rule} />
            <Decisions rule={rule} />
            <Panel title={t('rule.source')}>
              <pre className={classes['code']}>{rule.source}</pre>
            </Panel>
          </>
        }
        side={
          <>
            {mayChange && <WhatIf ruleId={rule.id} />}
            <Versions rule={rule} onAct={mayChange ? (version) => setAsking({ what: 'act', version }) : null} />
            <Switches id={rule.id} />
          </>
        }
      />
      {asking === 'edit' && <RuleEditor rule={rule} onClose={close} />}
      {asking !== null && asking !== 'edit' && <SwitchDialog rule={rule} turn={asking} onClose={close} />}
    </Page>
  )
}

/** One rule: what it does now, what it would have done, its versions and its text. */
export function RulePage({ id, user }: { readonly id: string; readonly user: User }): ReactNode {
  const rule = useRule(id)
  return (
    <QueryView whole query={rule} loading={<Loading lines={9} height={40} />}>
      {(known) => <Card rule={known} user={user} />}
    </QueryView>
  )
}
