import { Button, Group, Stack, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import type { User } from '../api/session.ts'
import type { Hold, Vehicle } from '../api/vehicle.ts'
import { useWords } from '../language/language.ts'
import { useNow } from '../live/now.ts'
import { mayBlock } from '../session/rights.ts'
import { placedByWords, standing } from './hold-words.ts'
import { LiftDialog } from './lift-dialog.tsx'

/** Every standing hold with who, why and since when, each with its own way out. */
export function HoldList({ vehicle, user }: { readonly vehicle: Vehicle; readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(10)
  const [lifting, setLifting] = useState<Hold | null>(null)
  const holds = standing(vehicle.immobilizer.holds)
  return (
    <div data-testid="holds">
      <Text size="sm" fw={600} mb={6}>
        {t('hold.title')}
      </Text>
      {holds.length === 0 && (
        <Text size="sm" className="quiet">
          {t('hold.none')}
        </Text>
      )}
      <Stack gap={10}>
        {holds.map((hold) => (
          <Group key={hold.id} justify="space-between" wrap="nowrap" align="flex-start" gap="sm">
            <div style={{ minWidth: 0 }}>
              <Text size="sm" fw={600} className="capital">
                {t(`hold.reasons.${hold.reason}`)}
              </Text>
              <Text size="xs" className="quiet">
                {placedByWords(hold, { t, language, now })}
              </Text>
              {hold.note !== null && hold.note !== '' && (
                <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                  {hold.note}
                </Text>
              )}
              {hold.key !== undefined && hold.key !== '' && (
                <Text size="xs" className="quiet" style={{ overflowWrap: 'anywhere' }}>
                  {t('hold.key', { key: hold.key })}
                </Text>
              )}
              <Text size="xs" className="quiet">
                {t(hold.placedBy.kind === 'rule' ? `liftWays.${hold.reason}` : 'liftWays.manual')}
              </Text>
            </div>
            {mayBlock(user) && (
              <Button size="compact-sm" variant="default" style={{ flex: 'none' }} onClick={() => setLifting(hold)}>
                {t('hold.lift')}
              </Button>
            )}
          </Group>
        ))}
      </Stack>
      {lifting !== null && (
        <LiftDialog vehicle={vehicle} holds={holds} only={lifting} onClose={() => setLifting(null)} />
      )}
    </div>
  )
}
