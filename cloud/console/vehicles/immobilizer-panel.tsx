import { Button, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconClockPlay, IconSend } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { User } from '../api/session.ts'
import type { Vehicle } from '../api/vehicle.ts'
import { Note } from '../design/note.tsx'
import { useRefused } from '../design/refused.ts'
import { HoldActions } from '../holds/hold-actions.tsx'
import { HoldList } from '../holds/hold-list.tsx'
import { useEndGrace } from '../holds/hold-mutations.ts'
import { useWords, wordOr } from '../language/language.ts'
import { momentWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { mayBlock } from '../session/rights.ts'
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
        <GraceNote vehicle={vehicle} user={user} />
        {immobilizer.whyNot !== null && immobilizer.whyNot !== 'grace' && (
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

/** Until when starts are permitted although holds stand, and the way to end it. */
function GraceNote({ vehicle, user }: { readonly vehicle: Vehicle; readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(10)
  const refused = useRefused()
  const end = useEndGrace(vehicle.id)
  const grace = vehicle.immobilizer.grace ?? null
  if (grace === null) return null
  const until = momentWords(Date.parse(grace.until), now, language)
  const byCode = grace.givenBy.id === 'unlock-code'
  return (
    <Note tone="accent" icon={<IconClockPlay size={17} />} testId="grace">
      <div>{t(byCode ? 'grace.byCode' : 'grace.until', { until, name: grace.givenBy.name })}</div>
      {grace.note !== '' && <div>{grace.note}</div>}
      {mayBlock(user) && (
        <Button
          size="compact-sm"
          variant="default"
          mt={6}
          loading={end.isPending}
          onClick={() => end.mutate(undefined, { onError: refused })}
        >
          {t('grace.end')}
        </Button>
      )}
    </Note>
  )
}
