import { Button, Group, NumberInput, Stack, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { patch } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import { Facts } from '../design/facts.tsx'
import { Panel, Quiet } from '../design/page.tsx'
import { QueryView } from '../design/query-view.tsx'
import { useRefused } from '../design/refused.ts'
import { ToneWord } from '../design/tone-word.tsx'
import { useWords } from '../language/language.ts'
import { dayWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { CardLines } from './card-lines.tsx'
import { DISPATCHER, type Machine, textOf, useMachine } from './queries.ts'

const TONE = { valid: 'good', over: 'stop', unknown: 'unknown' } as const

/** Warranty by its word, and what is left of it. */
export function WarrantyWord({ warranty }: Pick<Machine, 'warranty'>): ReactNode {
  const { t } = useWords()
  return <ToneWord tone={TONE[warranty.state]}>{t(`dispatcher.warranty.${warranty.state}`)}</ToneWord>
}

/** The card of a machine: warranty, hours as the caller says them, open orders and what there was before. */
export function MachinePanel({ serial }: { readonly serial: string }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const machine = useMachine(serial)
  const [hours, setHours] = useState<number | null>(null)
  const refused = useRefused()
  const say = useChange(() => patch(`/dispatcher/machines/${encodeURIComponent(serial)}`, { engineHours: hours }), {
    touches: [DISPATCHER],
    done: t('dispatcher.hoursSaved'),
  })
  return (
    <Panel title={t('dispatcher.machine')}>
      <QueryView query={machine}>
        {({ fields, warranty, cards }) => {
          const open = cards.filter(({ closedAt }) => closedAt === null)
          return (
            <Stack gap="sm" data-testid="machine">
              <Group justify="space-between">
                <Text fw={600}>{serial}</Text>
                <WarrantyWord warranty={warranty} />
              </Group>
              <Facts
                facts={[
                  { word: t('dispatcher.factory'), value: textOf(fields, 'factory') || '—' },
                  { word: t('dispatcher.model'), value: textOf(fields, 'model') || '—' },
                  { word: t('dispatcher.buyer'), value: textOf(fields, 'buyer') || '—' },
                  { word: t('dispatcher.hours'), value: textOf(fields, 'engineHours') || '—' },
                  {
                    word: t('dispatcher.hoursLeft'),
                    value: warranty.hoursLeft === null ? '—' : String(Math.max(0, warranty.hoursLeft)),
                  },
                  {
                    word: t('dispatcher.until'),
                    value: warranty.until === null ? '—' : dayWords(warranty.until, now, language),
                  },
                ]}
              />
              {textOf(fields, 'specs') !== '' && <Text size="sm">{textOf(fields, 'specs')}</Text>}
              <Group gap="xs" align="flex-end">
                <NumberInput
                  label={t('dispatcher.newHours')}
                  hideControls
                  allowDecimal={false}
                  allowNegative={false}
                  value={hours ?? ''}
                  onChange={(value) => setHours(typeof value === 'number' ? value : null)}
                />
                <Button
                  variant="default"
                  disabled={hours === null}
                  loading={say.isPending}
                  onClick={() => say.mutate(undefined, { onSuccess: () => setHours(null), onError: refused })}
                >
                  {t('dispatcher.save')}
                </Button>
              </Group>
              <Text size="sm" fw={550}>
                {t('dispatcher.openOrders')}
              </Text>
              {open.length === 0 ? <Quiet>{t('dispatcher.noOrders')}</Quiet> : <CardLines cards={open} />}
              {cards.length > open.length && (
                <>
                  <Text size="sm" fw={550}>
                    {t('dispatcher.history')}
                  </Text>
                  <CardLines cards={cards.filter(({ closedAt }) => closedAt !== null)} />
                </>
              )}
            </Stack>
          )
        }}
      </QueryView>
    </Panel>
  )
}
