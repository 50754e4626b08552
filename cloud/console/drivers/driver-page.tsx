import { Anchor, Button, Text } from '@mantine/core'
import { IconPencil } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import type { Driver } from '../api/leasing.ts'
import type { User } from '../api/session.ts'
import { Facts } from '../design/facts.tsx'
import { Columns, Page, Panel, Quiet } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { dayWords } from '../language/moment.ts'
import { LeasesPanel } from '../leases/leases-panel.tsx'
import { useNow } from '../live/now.ts'
import { MessagesPanel } from '../messages/messages-panel.tsx'
import { MoneyPanel } from '../money/money-panel.tsx'
import { mayEditDrivers, mayMergeDrivers, maySeeMessages, maySeeMoney, maySeeSecrets } from '../session/rights.ts'
import { BalanceWords } from './balance-words.tsx'
import { DriverForm } from './driver-form.tsx'
import { useDriver } from './driver-queries.ts'
import { DriverStateWord } from './driver-state-word.tsx'
import { HistoryPanel } from './history-panel.tsx'
import { MergeDialog } from './merge-dialog.tsx'
import { phoneWords } from './phone-words.ts'
import { SecretsPanel } from './secrets-panel.tsx'

function FactsPanel({ driver }: { readonly driver: Driver }): ReactNode {
  const { t } = useWords()
  const { ref } = driver
  return (
    <Panel title={t('driver.card')}>
      <Facts
        facts={[
          {
            word: t('driver.columns.balance'),
            value: <BalanceWords balance={driver.balance} />,
            note: driver.balance?.source === 'ledger' ? t('money.ownLedger') : driver.balance?.source,
          },
          { word: t('driver.state'), value: <DriverStateWord state={driver.state} /> },
          { word: t('driver.form'), value: t(`driver.forms.${driver.legalForm}`) },
          {
            word: t('driver.phones'),
            value: driver.phones.map(({ phone }) => (
              <div key={phone}>
                {/^\+\d+$/.test(phone ?? '') ? (
                  <Anchor href={`tel:${phone}`} size="sm">
                    {phoneWords(phone)}
                  </Anchor>
                ) : (
                  phoneWords(phone)
                )}
              </div>
            )),
          },
          ...(ref === null ? [] : [{ word: t('driver.ref'), value: ref.externalId, note: ref.source }]),
          ...(driver.note === '' ? [] : [{ word: t('driver.note'), value: driver.note }]),
        ]}
      />
    </Panel>
  )
}

function ChannelsPanel({ driver }: { readonly driver: Driver }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(3600)
  return (
    <Panel title={t('driver.channels')}>
      {driver.channels.length === 0 && <Quiet>{t('driver.noChannels')}</Quiet>}
      <Facts
        facts={driver.channels.map(({ channel, address, consent, consentAt }) => ({
          word: t(`driver.channel.${channel}`),
          value: phoneWords(address),
          note: `${t('driver.consent')}: ${
            consentAt === null
              ? t(`driver.consents.${consent}`)
              : t('driver.consentAt', {
                  consent: t(`driver.consents.${consent}`),
                  at: dayWords(Date.parse(consentAt), now, language),
                })
          }`,
        }))}
      />
    </Panel>
  )
}

function Card({ driver, user }: { readonly driver: Driver; readonly user: User }): ReactNode {
  const { t } = useWords()
  const [asking, setAsking] = useState<'nothing' | 'edit' | 'merge'>('nothing')
  const isOpen = driver.state !== 'merged'
  return (
    <Page
      title={driver.fullName}
      back="/drivers"
      actions={
        isOpen && (
          <>
            {mayMergeDrivers(user) && (
              <Button variant="default" onClick={() => setAsking('merge')}>
                {t('driver.merge')}
              </Button>
            )}
            {mayEditDrivers(user) && (
              <Button leftSection={<IconPencil size={16} />} onClick={() => setAsking('edit')}>
                {t('driver.edit')}
              </Button>
            )}
          </>
        )
      }
    >
      {driver.mergedInto !== null && (
        <Text mb="md">
          {t('driver.mergedInto')}{' '}
          <Anchor component={Link} href={`/drivers/${driver.mergedInto}`}>
            {t('driver.openOther')}
          </Anchor>
        </Text>
      )}
      <Columns
        main={
          <>
            <FactsPanel driver={driver} />
            <LeasesPanel filter={{ driver: driver.id }} />
            {maySeeMoney(user) && <MoneyPanel of={{ driver: driver.id }} user={user} />}
          </>
        }
        side={
          <>
            <ChannelsPanel driver={driver} />
            {maySeeMessages(user) && <MessagesPanel filter={{ driver: driver.id }} />}
            {maySeeSecrets(user) && <SecretsPanel id={driver.id} user={user} />}
            <HistoryPanel id={driver.id} />
          </>
        }
      />
      {asking === 'edit' && <DriverForm driver={driver} onClose={() => setAsking('nothing')} />}
      {asking === 'merge' && <MergeDialog driver={driver} onClose={() => setAsking('nothing')} />}
    </Page>
  )
}

/** One driver: how to reach him, what he has and owes, what was said to him. */
export function DriverPage({ id, user }: { readonly id: string; readonly user: User }): ReactNode {
  const driver = useDriver(id)
  return (
    <QueryView whole query={driver} loading={<Loading lines={9} height={40} />}>
      {(known) => <Card driver={known} user={user} />}
    </QueryView>
  )
}
