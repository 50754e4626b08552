import { Anchor, Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Gateway } from '../api/gateway.ts'
import { DataTable, Small } from '../design/data-table.tsx'
import { Plate } from '../design/plate.tsx'
import { useWords } from '../language/language.ts'
import { useNow } from '../live/now.ts'
import { certificateWords, linkWords, sealWords } from './gateway-words.ts'
import classes from './gateways-page.module.css'

type Acts = {
  readonly rights: { readonly provision: boolean; readonly revoke: boolean; readonly sheet: boolean }
  readonly onCode: (gateway: Gateway) => void
  readonly onRevoke: (gateway: Gateway) => void
  readonly onConfiguration: (gateway: Gateway) => void
  readonly onSheet: (gateway: Gateway) => void
}

function Actions(props: { readonly gateway: Gateway } & Acts): ReactNode {
  const { gateway, rights, onCode, onRevoke, onConfiguration, onSheet } = props
  const { t } = useWords()
  return (
    <div className={classes['actions']}>
      {rights.provision && gateway.state === 'claimable' && (
        <Button size="compact-sm" variant="light" onClick={() => onCode(gateway)}>
          {t('gateway.newCode')}
        </Button>
      )}
      {rights.provision && (
        <Button size="compact-sm" variant="default" onClick={() => onConfiguration(gateway)}>
          {t('configuration.open')}
        </Button>
      )}
      {rights.sheet && gateway.state !== 'claimable' && (
        <Button size="compact-sm" variant="default" onClick={() => onSheet(gateway)}>
          {t('sheet.open')}
        </Button>
      )}
      {rights.revoke && gateway.state !== 'revoked' && (
        <Button size="compact-sm" variant="default" onClick={() => onRevoke(gateway)}>
          {t('gateway.revoke')}
        </Button>
      )}
    </div>
  )
}

const Said = ({ words, urgent }: { readonly words: string; readonly urgent: boolean }): ReactNode => (
  <span className={urgent ? classes['urgent'] : undefined}>{words}</span>
)

/** One gateway a row; on a phone the rows become cards. */
export function GatewayTable(props: { readonly gateways: readonly Gateway[] } & Acts): ReactNode {
  const { gateways, ...acts } = props
  const { t, language } = useWords()
  const speech = { t, language, now: useNow(10) }
  return (
    <DataTable
      label={t('gateway.title')}
      rows={gateways}
      keyOf={({ id }) => id}
      columns={[
        {
          word: t('gateway.columns.gateway'),
          plain: true,
          cell: ({ id, software }) => (
            <>
              <span className={classes['id']} title={id}>
                {id}
              </span>
              {software !== null && <Small>{t('gateway.software', { version: software })}</Small>}
            </>
          ),
        },
        {
          word: t('gateway.columns.vehicle'),
          cell: ({ vehicleId, plate }) =>
            vehicleId === null || plate === null ? null : (
              <Anchor component={Link} href={`/vehicles/${encodeURIComponent(vehicleId)}`} c="inherit">
                <Plate plate={plate} />
              </Anchor>
            ),
        },
        {
          word: t('gateway.columns.state'),
          cell: ({ state, troubles }) => {
            const drifts = troubles.filter(({ kind }) => kind === 'drift')
            return (
              <>
                {t(`gateway.states.${state}`)}
                {drifts.length > 0 && (
                  <div className={classes['urgent']} title={drifts.map(({ text }) => text).join('\n')}>
                    {t('gateway.drift', { count: drifts.length })}
                  </div>
                )}
              </>
            )
          },
        },
        { word: t('gateway.columns.link'), cell: (gateway) => linkWords(gateway, speech) },
        { word: t('gateway.columns.relay'), cell: (gateway) => <Said {...sealWords(gateway, speech)} /> },
        { word: t('gateway.columns.certificate'), cell: (gateway) => <Said {...certificateWords(gateway, speech)} /> },
        { word: '', cell: (gateway) => <Actions gateway={gateway} {...acts} /> },
      ]}
    />
  )
}
