import { Button, Stack } from '@mantine/core'
import { IconLock, IconLockOpen } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import type { User } from '../api/session.ts'
import type { Vehicle } from '../api/vehicle.ts'
import { useWords } from '../language/language.ts'
import { mayBlock } from '../session/rights.ts'
import { BlockDialog } from './block-dialog.tsx'
import { standing } from './hold-words.ts'
import { LiftDialog } from './lift-dialog.tsx'

/** Block and unblock. Both ask first, both want a note. */
export function HoldActions({ vehicle, user }: { readonly vehicle: Vehicle; readonly user: User }): ReactNode {
  const { t } = useWords()
  const [asking, setAsking] = useState<'nothing' | 'block' | 'unblock'>('nothing')
  const holds = standing(vehicle.immobilizer.holds)
  if (!mayBlock(user)) return null
  return (
    <Stack gap="xs">
      {holds.length > 0 && (
        <Button leftSection={<IconLockOpen size={17} />} onClick={() => setAsking('unblock')}>
          {t('immobilizer.unblockButton')}
        </Button>
      )}
      <Button
        color="red"
        variant={holds.length > 0 ? 'default' : 'filled'}
        leftSection={<IconLock size={17} />}
        disabled={!vehicle.immobilizer.canBlock}
        onClick={() => setAsking('block')}
      >
        {t('immobilizer.blockButton')}
      </Button>
      {asking === 'block' && <BlockDialog vehicle={vehicle} onClose={() => setAsking('nothing')} />}
      {asking === 'unblock' && <LiftDialog vehicle={vehicle} holds={holds} onClose={() => setAsking('nothing')} />}
    </Stack>
  )
}
