import { Button, NativeSelect, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { remove } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import { linesOf, usePages } from '../api/lists.ts'
import type { Quarantined } from '../api/quarantined.ts'
import type { User } from '../api/session.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { DataTable, Small } from '../design/data-table.tsx'
import { MoreButton } from '../design/more-button.tsx'
import { Page, Tools } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { mayProvision } from '../session/rights.ts'
import { plateWords } from '../vehicles/plate.ts'
import { reasonWords } from './reason-words.ts'
import { QUARANTINE, RecordDialog, type Scope } from './record-dialog.tsx'
import { type Sender, senderWords, useSenders } from './senders.ts'

type Asking =
  | { readonly kind: 'show'; readonly of: Quarantined }
  | { readonly kind: 'throw'; readonly of: Quarantined; readonly scope: Scope }
  | null
type Throwing = { readonly of: Quarantined; readonly scope: Scope; readonly onClose: () => void }

function ThrowDialog({ of, scope, onClose }: Throwing): ReactNode {
  const { t } = useWords()
  const throwAway = useChange(() => remove(`/quarantine/${of.id}?scope=${scope}`), {
    touches: [QUARANTINE],
    done: t('quarantine.thrown'),
  })
  return (
    <AskDialog
      title={scope === 'one' ? t('quarantine.throwTitle') : t('quarantine.throwAllTitle', { count: of.alike.count })}
      submit={t('quarantine.throwAway')}
      change={throwAway}
      heavy
      onClose={onClose}
      onSubmit={() => throwAway.mutate(undefined, { onSuccess: onClose })}
    >
      <Text size="sm">{t('quarantine.throwLead', { reason: reasonWords(of.reason, t) })}</Text>
    </AskDialog>
  )
}

/** The car first: a gateway's name says little, and breaks in the middle beside it. */
function SenderWords({ id, sender }: { readonly id: string; readonly sender: Sender | undefined }): ReactNode {
  const { plate = null, name = id } = sender ?? {}
  if (plate === null) return name
  return (
    <>
      {plateWords(plate)}
      <Small>{name}</Small>
    </>
  )
}

/** What gateways sent and nobody could read: why, how often, the bytes, and a second try. */
export function QuarantinePage({ user }: { readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const senders = useSenders()
  const known = new Map(senders.map((sender) => [sender.id, sender]))
  const [gateway, setGateway] = useState('')
  const [asking, setAsking] = useState<Asking>(null)
  const close = (): void => setAsking(null)
  const found = usePages<Quarantined>(QUARANTINE, '/quarantine', { gateway })
  const at = (moment: string): string => sinceWords(Date.parse(moment), now, language)
  return (
    <Page title={t('quarantine.title')} lead={t('quarantine.lead')}>
      <Tools>
        <NativeSelect
          label={t('quarantine.gateway')}
          data={[
            { value: '', label: t('quarantine.anyGateway') },
            ...senders.map((sender) => ({ value: sender.id, label: senderWords(sender) })),
          ]}
          value={gateway}
          onChange={(event) => setGateway(event.currentTarget.value)}
        />
      </Tools>
      <QueryView query={found} loading={<Loading lines={4} height={44} />}>
        {(pages) => {
          const rows = linesOf(pages)
          if (rows.length === 0) return <Text className="quiet">{t('quarantine.none')}</Text>
          return (
            <>
              <DataTable
                label={t('quarantine.title')}
                rows={rows}
                keyOf={({ id }) => String(id)}
                columns={[
                  {
                    word: t('quarantine.columns.reason'),
                    plain: true,
                    cell: ({ reason }) => <span title={reason}>{reasonWords(reason, t)}</span>,
                  },
                  {
                    word: t('quarantine.columns.from'),
                    cell: ({ gatewayId, seq }) => (
                      <>
                        <SenderWords id={gatewayId} sender={known.get(gatewayId)} />
                        <Small>
                          {seq === null ? t('quarantine.wholeMessage') : t('quarantine.number', { seq: String(seq) })}
                        </Small>
                      </>
                    ),
                  },
                  {
                    word: t('quarantine.columns.alike'),
                    end: true,
                    cell: ({ alike }) => (
                      <>
                        {alike.count}
                        {alike.count > 1 && <Small>{t('quarantine.sinceFirst', { at: at(alike.firstAt) })}</Small>}
                      </>
                    ),
                  },
                  { word: t('quarantine.columns.at'), cell: ({ receivedAt }) => at(receivedAt) },
                  {
                    word: t('quarantine.columns.size'),
                    end: true,
                    cell: ({ size }) => t('quarantine.bytes', { count: size }),
                  },
                  {
                    word: '',
                    cell: (one) => (
                      <Button size="compact-sm" variant="light" onClick={() => setAsking({ kind: 'show', of: one })}>
                        {t('quarantine.show')}
                      </Button>
                    ),
                  },
                ]}
              />
              <MoreButton of={found} />
            </>
          )
        }}
      </QueryView>
      {asking?.kind === 'show' && (
        <RecordDialog
          of={asking.of}
          mayChange={mayProvision(user)}
          onThrow={(scope) => setAsking({ kind: 'throw', of: asking.of, scope })}
          onClose={close}
        />
      )}
      {asking?.kind === 'throw' && <ThrowDialog of={asking.of} scope={asking.scope} onClose={close} />}
    </Page>
  )
}
