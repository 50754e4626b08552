import { Alert, Button, Checkbox, Group, Modal, Stack, Text, Textarea } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import type { Hold, Vehicle } from '../api/vehicle.ts'
import { useWords } from '../language/language.ts'
import { problemWords } from '../language/problem-words.ts'
import { useNow } from '../live/now.ts'
import { plateWords } from '../vehicles/plate.ts'
import { useLiftHolds } from './hold-mutations.ts'
import { holdsWords } from './hold-words.ts'

type Props = {
  readonly vehicle: Vehicle
  readonly holds: readonly Hold[]
  readonly only?: Hold
  readonly onClose: () => void
}

/** One hold is ticked, of several none: each was placed for a reason of its own and is lifted by a decision of its own. */
function tickedFirst(holds: readonly Hold[], only: Hold | undefined): readonly string[] {
  const first = only ?? (holds.length === 1 ? holds[0] : undefined)
  return first === undefined ? [] : [first.id]
}

/** Lifts one hold, or those that are ticked, and says beforehand whether the car will be free. */
export function LiftDialog({ vehicle, holds, only, onClose }: Props): ReactNode {
  const { t, language } = useWords()
  const now = useNow()
  const lift = useLiftHolds(vehicle.id)
  const [chosen, setChosen] = useState<readonly string[]>(() => tickedFirst(holds, only))
  const [note, setNote] = useState('')
  const lifted = holds.filter((hold) => chosen.includes(hold.id))
  const staying = holds.filter((hold) => !chosen.includes(hold.id))
  const speech = { t, language, now }
  const plate = plateWords(vehicle.plate)
  const send = (): void => {
    if (lifted.length === 0) return
    lift.mutate({ holds: lifted, note: note.trim() }, { onSuccess: onClose })
  }
  const title =
    only === undefined
      ? t('hold.unblockTitle', { plate })
      : t('hold.liftTitle', { reason: t(`hold.reasons.${only.reason}`) })
  return (
    <Modal opened onClose={onClose} centered title={title} closeButtonProps={{ 'aria-label': t('app.close') }}>
      <Stack gap="md">
        <Text>{only === undefined ? t('hold.unblockLead') : t('hold.liftLead', { plate })}</Text>
        {only === undefined && (
          <Checkbox.Group value={[...chosen]} onChange={setChosen}>
            <Stack gap="xs">
              {holds.map((hold) => (
                <Checkbox key={hold.id} value={hold.id} label={holdsWords([hold], speech)} />
              ))}
            </Stack>
          </Checkbox.Group>
        )}
        <Text size="sm" fw={600}>
          {staying.length === 0 ? t('hold.lastOne') : t('hold.othersStay', { reasons: holdsWords(staying, speech) })}
        </Text>
        <Textarea
          label={t('hold.note')}
          placeholder={t('hold.noteFree')}
          data-autofocus
          autosize
          minRows={2}
          maxLength={500}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        {lift.isError && (
          <Alert color="red" role="alert">
            {problemWords(lift.error, t, 'changing')}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('app.cancel')}
          </Button>
          <Button loading={lift.isPending} disabled={lifted.length === 0} onClick={send}>
            {t(only === undefined ? 'immobilizer.unblockButton' : 'hold.lift')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
