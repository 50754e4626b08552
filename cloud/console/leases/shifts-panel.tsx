import { Button, NativeSelect, Stack, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { Lease, Shift } from '../api/leasing.ts'
import { linesOf, usePages } from '../api/lists.ts'
import type { User } from '../api/session.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { Small } from '../design/data-table.tsx'
import { MoreButton } from '../design/more-button.tsx'
import { Panel, Quiet } from '../design/page.tsx'
import { QueryView } from '../design/query-view.tsx'
import { useRefused } from '../design/refused.ts'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { mayHandOver } from '../session/rights.ts'
import { FLEET } from '../vehicles/vehicle-queries.ts'
import { SHIFTS } from './lease-queries.ts'

const TOUCHES = [SHIFTS, FLEET[0], 'vehicle', 'timeline']

function OpenShiftDialog({ lease, onClose }: { readonly lease: Lease; readonly onClose: () => void }): ReactNode {
  const { t } = useWords()
  const [driver, setDriver] = useState(lease.drivers[0]?.id ?? '')
  const open = useChange(() => post<Shift>('/shifts', { vehicleId: lease.vehicle.id, driverId: driver }), {
    touches: TOUCHES,
    done: t('lease.shiftOpened'),
  })
  return (
    <AskDialog
      title={t('lease.openShiftTitle')}
      submit={t('lease.openShift')}
      change={open}
      ready={driver !== ''}
      onClose={onClose}
      onSubmit={() => open.mutate(undefined, { onSuccess: onClose })}
    >
      <Text size="sm">{t('lease.openShiftLead')}</Text>
      <NativeSelect
        label={t('driver.find')}
        data-autofocus
        data={lease.drivers.map(({ id, name }) => ({ value: id, label: name }))}
        value={driver}
        onChange={(event) => setDriver(event.currentTarget.value)}
      />
    </AskDialog>
  )
}

/** Who drove when, and who drives now. */
export function ShiftsPanel({ lease, user }: { readonly lease: Lease; readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const [opening, setOpening] = useState(false)
  const shifts = usePages<Shift>(SHIFTS, '/shifts', { lease: lease.id, limit: 20 })
  const refused = useRefused()
  const close = useChange(() => post<Shift>('/shifts/close', { vehicleId: lease.vehicle.id }), {
    touches: TOUCHES,
    done: t('lease.shiftClosed'),
  })
  const at = (moment: string): string => sinceWords(Date.parse(moment), now, language)
  const isRunning = lease.state === 'active' || lease.state === 'returning'
  return (
    <Panel title={t('lease.shifts')}>
      <QueryView query={shifts}>
        {(pages) => {
          const all = linesOf(pages)
          const open = all.find(({ closedAt }) => closedAt === null)
          return (
            <Stack gap="sm">
              {isRunning && (
                <Text size="sm">
                  {open === undefined
                    ? t('lease.nobodyOnShift')
                    : t('lease.onShift', { name: open.driver.name, at: at(open.openedAt) })}
                </Text>
              )}
              {isRunning && mayHandOver(user) && (
                <Button.Group>
                  <Button size="xs" variant="default" onClick={() => setOpening(true)}>
                    {t('lease.openShift')}
                  </Button>
                  {open !== undefined && (
                    <Button
                      size="xs"
                      variant="default"
                      loading={close.isPending}
                      onClick={() => close.mutate(undefined, { onError: refused })}
                    >
                      {t('lease.closeShift')}
                    </Button>
                  )}
                </Button.Group>
              )}
              {all.length === 0 && <Quiet>{t('lease.noShifts')}</Quiet>}
              {all
                .filter(({ closedAt }) => closedAt !== null)
                .map((shift) => (
                  <div key={shift.id}>
                    <Text size="sm">{shift.driver.name}</Text>
                    <Small>
                      {t('lease.shiftDone', { from: at(shift.openedAt), to: at(shift.closedAt ?? shift.openedAt) })}
                    </Small>
                  </div>
                ))}
              <MoreButton of={shifts} />
            </Stack>
          )
        }}
      </QueryView>
      {opening && <OpenShiftDialog lease={lease} onClose={() => setOpening(false)} />}
    </Panel>
  )
}
