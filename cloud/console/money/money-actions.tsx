import { Button, Group } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import type { User } from '../api/session.ts'
import { useWords } from '../language/language.ts'
import { mayPost, mayTakePromises } from '../session/rights.ts'
import { MoneyDialog, type MoneyMove } from './money-dialog.tsx'

/** What may be done with a driver's money; without `driverId` each asks for the driver. */
export function MoneyActions(props: {
  readonly user: User
  readonly driverId?: string
  readonly size?: string
}): ReactNode {
  const { user, driverId, size = 'sm' } = props
  const { t } = useWords()
  const [move, setMove] = useState<MoneyMove | null>(null)
  const moves: readonly MoneyMove[] = [
    ...(mayPost(user) ? (['topUp', 'fine', 'correct'] as const) : []),
    ...(mayTakePromises(user) ? (['promise'] as const) : []),
  ]
  return (
    <Group gap={6}>
      {moves.map((one) => (
        <Button key={one} size={size} variant={one === 'topUp' ? 'filled' : 'default'} onClick={() => setMove(one)}>
          {t(`money.${one}`)}
        </Button>
      ))}
      {move !== null && <MoneyDialog move={move} driverId={driverId} onClose={() => setMove(null)} />}
    </Group>
  )
}
