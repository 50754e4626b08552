import { Anchor, Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { post, remove } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import { type Filter, linesOf, usePages } from '../api/lists.ts'
import { serverNow } from '../api/server-clock.ts'
import type { User } from '../api/session.ts'
import type { Permit } from '../api/zone.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { Small } from '../design/data-table.tsx'
import { MoreButton } from '../design/more-button.tsx'
import { Panel, Quiet } from '../design/page.tsx'
import { Plate } from '../design/plate.tsx'
import { QueryView } from '../design/query-view.tsx'
import { ToneWord } from '../design/tone-word.tsx'
import { useWords } from '../language/language.ts'
import { dayAfter, dayBounds, moscowDay, sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { mayGivePermits } from '../session/rights.ts'
import { plateWords } from '../vehicles/plate.ts'
import { VehicleSelect } from '../vehicles/vehicle-select.tsx'

const TONE = { 'in-force': 'good', ended: 'unknown', revoked: 'unknown' } as const
const TOUCHES = ['permits', 'vehicle', 'vehicles', 'timeline']

function GiveDialog({
  vehicleId,
  onClose,
}: {
  readonly vehicleId: string | null
  readonly onClose: () => void
}): ReactNode {
  const { t } = useWords()
  const [vehicle, setVehicle] = useState(vehicleId)
  const [day, setDay] = useState(() => dayAfter(moscowDay(serverNow()), 1))
  const [note, setNote] = useState('')
  const give = useChange(
    () =>
      post(`/vehicles/${encodeURIComponent(vehicle ?? '')}/permits`, { until: dayBounds(day).to, note: note.trim() }),
    { touches: TOUCHES, done: t('zonePage.given') },
  )
  return (
    <AskDialog
      title={t('zonePage.giveTitle')}
      submit={t('zonePage.give')}
      change={give}
      ready={vehicle !== null && day !== '' && note.trim() !== ''}
      onClose={onClose}
      onSubmit={() => give.mutate(undefined, { onSuccess: onClose })}
    >
      <Text size="sm">{t('zonePage.giveLead')}</Text>
      {vehicleId === null && (
        <VehicleSelect label={t('lease.vehicle')} autoFocus chosen={vehicle} onChoose={setVehicle} />
      )}
      <TextInput
        label={t('zonePage.until')}
        type="date"
        value={day}
        onChange={(event) => setDay(event.currentTarget.value)}
      />
      <Textarea
        label={t('zonePage.why')}
        required
        maxLength={500}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
    </AskDialog>
  )
}

function RevokeDialog({ permit, onClose }: { readonly permit: Permit; readonly onClose: () => void }): ReactNode {
  const { t } = useWords()
  const revoke = useChange(() => remove(`/permits/${permit.id}`), { touches: TOUCHES, done: t('zonePage.revoked') })
  return (
    <AskDialog
      title={t('zonePage.revokeTitle', { plate: plateWords(permit.plate) })}
      submit={t('zonePage.revoke')}
      heavy
      change={revoke}
      onClose={onClose}
      onSubmit={() => revoke.mutate(undefined, { onSuccess: onClose })}
    >
      {t('zonePage.revokeLead')}
    </AskDialog>
  )
}

/** Permits to leave, of one vehicle or of all, newest first. */
export function PermitsPanel({
  user,
  vehicleId = null,
}: {
  readonly user: User
  readonly vehicleId?: string | null
}): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const [giving, setGiving] = useState(false)
  const [revoking, setRevoking] = useState<Permit | null>(null)
  const filter: Filter = { vehicle: vehicleId, limit: 20 }
  const permits = usePages<Permit>('permits', '/permits', filter)
  const may = mayGivePermits(user)
  return (
    <Panel
      title={t('zonePage.permits')}
      actions={
        may && (
          <Button size="xs" variant="default" onClick={() => setGiving(true)}>
            {t('zonePage.give')}
          </Button>
        )
      }
    >
      <QueryView query={permits}>
        {(pages) => {
          const found = linesOf(pages)
          if (found.length === 0) return <Quiet>{t('zonePage.noPermits')}</Quiet>
          return (
            <Stack gap="sm">
              {found.map((permit) => (
                <Group key={permit.id} justify="space-between" wrap="nowrap" align="flex-start">
                  <div style={{ minWidth: 0 }}>
                    {vehicleId === null && (
                      <Anchor component={Link} href={`/vehicles/${permit.vehicleId}`} c="inherit" size="sm">
                        <Plate plate={permit.plate} />
                      </Anchor>
                    )}
                    <Text size="sm" component="div">
                      <ToneWord tone={TONE[permit.state]}>{t(`zonePage.states.${permit.state}`)}</ToneWord>{' '}
                      {t('zonePage.permitUntil', { at: sinceWords(Date.parse(permit.until), now, language) })}
                    </Text>
                    <Text size="sm">{permit.note}</Text>
                    <Small>{permit.givenBy ?? permit.card ?? ''}</Small>
                  </div>
                  {may && permit.state === 'in-force' && (
                    <Button
                      size="compact-sm"
                      variant="default"
                      style={{ flex: 'none' }}
                      onClick={() => setRevoking(permit)}
                    >
                      {t('zonePage.revoke')}
                    </Button>
                  )}
                </Group>
              ))}
              <MoreButton of={permits} />
            </Stack>
          )
        }}
      </QueryView>
      {giving && <GiveDialog vehicleId={vehicleId} onClose={() => setGiving(false)} />}
      {revoking !== null && <RevokeDialog permit={revoking} onClose={() => setRevoking(null)} />}
    </Panel>
  )
}
