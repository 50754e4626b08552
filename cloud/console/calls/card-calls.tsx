import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { get } from '../api/api-client.ts'
import type { Call } from '../api/call.ts'
import { pathWith } from '../api/lists.ts'
import type { Page } from '../api/timeline.ts'
import { Panel, Quiet } from '../design/page.tsx'
import { phoneWords } from '../drivers/phone-words.ts'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { callWords } from './call-words.ts'
import { CALLS } from './calls-page.tsx'
import { Recording } from './recording.tsx'

/** Calls about a card, newest first, each with what was said where that is kept; nothing where nobody has called. */
export function CardCalls({ card }: { readonly card: string }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const calls = useQuery({
    queryKey: [CALLS, 'card', card],
    queryFn: async ({ signal }) => (await get<Page<Call>>(pathWith('/calls', { card, limit: 50 }), signal)).items,
    refetchInterval: 60_000,
  })
  const known = calls.data ?? []
  if (known.length === 0) return null
  return (
    <Panel title={t('calls.title')}>
      <ul style={{ margin: 0, padding: 0, listStyle: 'none' }}>
        {known.map((call) => (
          <li key={call.id} style={{ marginBottom: 8 }}>
            {callWords(call, t, language)}
            <Quiet>
              {sinceWords(Date.parse(call.startedAt), now, language)}
              {call.phone === null ? '' : ` · ${phoneWords(call.phone)}`}
            </Quiet>
            <Recording call={call} />
          </li>
        ))}
      </ul>
    </Panel>
  )
}
