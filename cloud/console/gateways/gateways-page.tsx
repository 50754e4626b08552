import { Button, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import type { Gateway } from '../api/gateway.ts'
import type { User } from '../api/session.ts'
import { Page } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { mayProvision, mayRevoke, maySeeSheets } from '../session/rights.ts'
import { ClaimDialog } from './claim-dialog.tsx'
import { ConfigurationPanel } from './configuration-panel.tsx'
import { useGateways } from './gateway-queries.ts'
import { GatewayTable } from './gateway-table.tsx'
import { RevokeDialog } from './revoke-dialog.tsx'
import { SheetPanel } from './sheet-panel.tsx'

type Asking =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'provision' }
  | { readonly kind: 'code'; readonly gateway: Gateway }
  | { readonly kind: 'revoke'; readonly gateway: Gateway }
  | { readonly kind: 'configuration'; readonly gateway: Gateway }
  | { readonly kind: 'sheet'; readonly gateway: Gateway }

/** The computers in the cars: who is connected, who is proven, whose certificate ends. */
export function GatewaysPage({ user }: { readonly user: User }): ReactNode {
  const { t } = useWords()
  const gateways = useGateways()
  const [asking, setAsking] = useState<Asking>({ kind: 'nothing' })
  const close = (): void => setAsking({ kind: 'nothing' })
  const taken = (gateways.data?.items ?? []).filter((gateway) => gateway.state !== 'revoked')
  return (
    <Page
      title={t('gateway.title')}
      lead={t('gateway.lead')}
      actions={
        mayProvision(user) && (
          <Button leftSection={<IconPlus size={17} />} onClick={() => setAsking({ kind: 'provision' })}>
            {t('gateway.provision')}
          </Button>
        )
      }
    >
      <QueryView query={gateways} loading={<Loading lines={6} height={44} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Text className="quiet">{t('gateway.empty')}</Text>
          ) : (
            <GatewayTable
              gateways={items}
              rights={{ provision: mayProvision(user), revoke: mayRevoke(user), sheet: maySeeSheets(user) }}
              onCode={(gateway) => setAsking({ kind: 'code', gateway })}
              onRevoke={(gateway) => setAsking({ kind: 'revoke', gateway })}
              onConfiguration={(gateway) => setAsking({ kind: 'configuration', gateway })}
              onSheet={(gateway) => setAsking({ kind: 'sheet', gateway })}
            />
          )
        }
      </QueryView>
      {asking.kind === 'provision' && (
        <ClaimDialog taken={taken.map((gateway) => gateway.vehicleId)} gateway={null} onClose={close} />
      )}
      {asking.kind === 'code' && <ClaimDialog taken={[]} gateway={asking.gateway} onClose={close} />}
      {asking.kind === 'configuration' && <ConfigurationPanel gateway={asking.gateway} onClose={close} />}
      {asking.kind === 'sheet' && <SheetPanel gateway={asking.gateway} onClose={close} />}
      {asking.kind === 'revoke' && <RevokeDialog gateway={asking.gateway} onClose={close} />}
    </Page>
  )
}
