import { Anchor, Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Gateway } from '../api/gateway.ts'
import { Plate } from '../design/plate.tsx'
import { useWords } from '../language/language.ts'
import { useNow } from '../live/now.ts'
import { certificateWords, linkWords, sealWords } from './gateway-words.ts'
import classes from './gateways-page.module.css'

type Acts = {
  readonly rights: { readonly provision: boolean; readonly revoke: boolean }
  readonly onCode: (gateway: Gateway) => void
  readonly onRevoke: (gateway: Gateway) => void
  readonly onConfiguration: (gateway: Gateway) => void
}

function Actions({
  gateway,
  rights,
  onCode,
  onRevoke,
  onConfiguration,
}: { readonly gateway: Gateway } & Acts): ReactNode {
  const { t } = useWords()
  return (
    <td>
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
        {rights.revoke && gateway.state !== 'revoked' && (
          <Button size="compact-sm" variant="default" onClick={() => onRevoke(gateway)}>
            {t('gateway.revoke')}
          </Button>
        )}
      </div>
    </td>
  )
}

function Row({ gateway, now, ...acts }: { readonly gateway: Gateway; readonly now: number } & Acts): ReactNode {
  const { t, language } = useWords()
  const speech = { t, language, now }
  const certificate = certificateWords(gateway, speech)
  const seal = sealWords(gateway, speech)
  const drifts = gateway.troubles.filter(({ kind }) => kind === 'drift')
  return (
    <tr>
      <td>
        <span className={classes['id']} title={gateway.id}>
          {gateway.id}
        </span>
        {gateway.software !== null && (
          <div className={classes['small']}>{t('gateway.software', { version: gateway.software })}</div>
        )}
      </td>
      <td>
        {gateway.vehicleId !== null && gateway.plate !== null && (
          <Anchor component={Link} href={`/vehicles/${encodeURIComponent(gateway.vehicleId)}`} c="inherit">
            <Plate plate={gateway.plate} />
          </Anchor>
        )}
      </td>
      <td>
        {t(`gateway.states.${gateway.state}`)}
        {drifts.length > 0 && (
          <div className={classes['urgent']} title={drifts.map(({ text }) => text).join('\n')}>
            {t('gateway.drift', { count: drifts.length })}
          </div>
        )}
      </td>
      <td>{linkWords(gateway, speech)}</td>
      <td className={seal.urgent ? classes['urgent'] : ''}>{seal.words}</td>
      <td className={certificate.urgent ? classes['urgent'] : ''}>{certificate.words}</td>
      <Actions gateway={gateway} {...acts} />
    </tr>
  )
}

/** One gateway a row; on a phone the rows become cards. */
export function GatewayTable(props: { readonly gateways: readonly Gateway[] } & Acts): ReactNode {
  const { gateways, ...acts } = props
  const { t } = useWords()
  const now = useNow(10)
  return (
    <div className={`panel ${classes['frame']}`}>
      <table className={classes['table']}>
        <thead>
          <tr>
            <th scope="col">{t('gateway.columns.gateway')}</th>
            <th scope="col">{t('gateway.columns.vehicle')}</th>
            <th scope="col">{t('gateway.columns.state')}</th>
            <th scope="col">{t('gateway.columns.link')}</th>
            <th scope="col">{t('gateway.columns.relay')}</th>
            <th scope="col">{t('gateway.columns.certificate')}</th>
            <th scope="col" aria-label={t('gateway.columns.actions')} />
          </tr>
        </thead>
        <tbody>
          {gateways.map((gateway) => (
            <Row key={gateway.id} gateway={gateway} now={now} {...acts} />
          ))}
        </tbody>
      </table>
    </div>
  )
}
