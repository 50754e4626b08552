import { Button, Group, NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { get, put, remove } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { Vehicle } from '../api/vehicle.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { Small } from '../design/data-table.tsx'
import { useRefused } from '../design/refused.ts'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { plateWords } from './plate.ts'

const SAID = ['service', 'parts_wait', 'accident', 'papers', 'washing', 'other'] as const
type Said = { readonly reason: string; readonly note: string; readonly at: string; readonly by: string }

const idlePath = (id: string): string => `/vehicles/${encodeURIComponent(id)}/idle`
const IDLE = 'idle'
const TOUCHES = [IDLE, 'vehicles', 'vehicle']

function IdleDialog({ vehicle, onClose }: { readonly vehicle: Vehicle; readonly onClose: () => void }): ReactNode {
  const { t } = useWords()
  const [reason, setReason] = useState<string>('service')
  const [note, setNote] = useState('')
  const say = useChange(() => put(idlePath(vehicle.id), { reason, note: note.trim() }), {
    touches: TOUCHES,
    done: t('standing.said'),
  })
  return (
    <AskDialog
      title={t('standing.sayIdleTitle', { plate: plateWords(vehicle.plate) })}
      submit={t('standing.sayIdle')}
      change={say}
      onClose={onClose}
      onSubmit={() => say.mutate(undefined, { onSuccess: onClose })}
    >
      <NativeSelect
        label={t('standing.idleReason')}
        data={SAID.map((one) => ({ value: one, label: t(`morning.reasons.${one}`) }))}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <TextInput
        label={t('standing.idleNote')}
        maxLength={1000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
    </AskDialog>
  )
}

/** Why it stands, in a person's word; the word can be taken back, and then Kordon finds the reason by itself again. */
export function IdleWord({ vehicle }: { readonly vehicle: Vehicle }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const [asking, setAsking] = useState(false)
  const idle = useQuery({
    queryKey: [IDLE, vehicle.id],
    queryFn: ({ signal }) => get<{ readonly said: Said | null }>(idlePath(vehicle.id), signal),
  })
  const refused = useRefused()
  const takeBack = useChange(() => remove(idlePath(vehicle.id)), { touches: TOUCHES, done: t('standing.takenBack') })
  const said = idle.data?.said ?? null
  return (
    <div>
      <Group gap="xs">
        <Button variant="light" size="compact-sm" onClick={() => setAsking(true)}>
          {t('standing.sayIdle')}
        </Button>
        {said !== null && (
          <Button
            variant="subtle"
            size="compact-sm"
            loading={takeBack.isPending}
            onClick={() => takeBack.mutate(undefined, { onError: refused })}
          >
            {t('standing.takeBack')}
          </Button>
        )}
      </Group>
      {said !== null && (
        <Small>
          {[
            t(`morning.reasons.${said.reason}`),
            said.note,
            t('standing.saidBy', { by: said.by, at: sinceWords(Date.parse(said.at), now, language) }),
          ]
            .filter((one) => one !== '')
            .join(', ')}
        </Small>
      )}
      {asking && <IdleDialog vehicle={vehicle} onClose={() => setAsking(false)} />}
    </div>
  )
}
