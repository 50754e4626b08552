import { Button, Stack } from '@mantine/core'
import { IconClockPlay, IconKey, IconLock, IconLockOpen } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import type { User } from '../api/session.ts'
import type { Vehicle } from '../api/vehicle.ts'
import { useWords } from '../language/language.ts'
import { mayBlock } from '../session/rights.ts'
import { BlockDialog } from './block-dialog.tsx'
import { GraceDialog } from './grace-dialog.tsx'
import { standing } from './hold-words.ts'
import { LiftDialog } from './lift-dialog.tsx'
import { UnlockCodeDialog } from './unlock-code-dialog.tsx'

/** Block and unblock. Both ask first, both want a note. */
export function HoldActions({ vehicle, user }: { readonly vehicle: Vehicle; readonly user: User }): ReactNode {
  const { t } = useWords()
  const [asking, setAsking] = useState<'nothing' | 'block' | 'unblock' | 'grace' | 'code'>('nothing')
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
      {holds.length > 0 && (
        <Button variant="default" leftSection={<IconClockPlay size={17} />} onClick={() => setAsking('grace')}>
          {t('grace.button')}
        </Button>
      )}
      {vehicle.gateway !== null && (
        <Button variant="default" leftSection={<IconKey size={17} />} onClick={() => setAsking('code')}>
          {t('unlockCode.button')}
        </Button>
      )}
      {asking === 'grace' && <GraceDialog vehicle={vehicle} onClose={() => setAsking('nothing')} />}
      {asking === 'code' && <UnlockCodeDialog vehicle={vehicle} onClose={() => setAsking('nothing')} />}
      {asking === 'block' && <BlockDialog vehicle={vehicle} onClose={() => setAsking('nothing')} />}
      {asking === 'unblock' && <LiftDialog vehicle={vehicle} holds={holds} onClose={() => setAsking('nothing')} />}
    </Stack>
  )
}
