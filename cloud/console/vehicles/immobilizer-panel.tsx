import { Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconSend } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { User } from '../api/session.ts'
import type { Vehicle } from '../api/vehicle.ts'
import { Note } from '../design/note.tsx'
import { HoldActions } from '../holds/hold-actions.tsx'
import { HoldList } from '../holds/hold-list.tsx'
import { useWords, wordOr } from '../language/language.ts'
import { useNow } from '../live/now.ts'
import { confirmedWords, isUnanswered, openOrder, whyNotYet } from './immobilizer-words.ts'
import { StateBadge } from './state-badge.tsx'

/** What the car says about its next start, why it is not yet as asked, and the two buttons. */
export function ImmobilizerPanel({ vehicle, user }: { readonly vehicle: Vehicle; readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow()
  const { immobilizer } = vehicle
  const speech = { t, language, now }
  const order = openOrder(immobilizer)
  const why = whyNotYet(vehicle, speech)
  return (
    <section className="panel" aria-labelledby="immobilizer-title">
      <h2 id="immobilizer-title">{t('immobilizer.title')}</h2>
      <Stack gap="sm">
        <div role="status" aria-live="polite">
          <StateBadge vehicle={vehicle} form="large" />
        </div>
        <Text size="sm" data-testid="relay-words">
          {confirmedWords(vehicle, speech)}
        </Text>
        {why.length > 0 && (
          <Note
            tone={order !== null && isUnanswered(order) ? 'accent' : 'wait'}
            icon={<IconSend size={17} />}
            testId="why-not-yet"
          >
            {why.map((line) => (
              <div key={line}>{line}</div>
            ))}
          </Note>
        )}
        {immobilizer.whyNot !== null && (
          <Note tone="unknown" icon={<IconAlertTriangle size={17} />}>
            {wordOr(t, 'whyNot', immobilizer.whyNot, { reason: immobilizer.whyNot })}
          </Note>
        )}
        <HoldActions vehicle={vehicle} user={user} />
        <HoldList vehicle={vehicle} user={user} />
      </Stack>
    </section>
  )
}
