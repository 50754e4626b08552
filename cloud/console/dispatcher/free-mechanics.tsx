import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { get } from '../api/api-client.ts'
import { serverNow } from '../api/server-clock.ts'
import { Panel, Quiet } from '../design/page.tsx'
import { QueryView } from '../design/query-view.tsx'
import { FieldInput } from '../fields/field-input.tsx'
import { useWords } from '../language/language.ts'
import { dayAfter, moscowDay } from '../language/moment.ts'

type Person = { readonly id: string; readonly name: string; readonly free: boolean | null }

/** Who of the mechanics is free at a time, so that nothing is promised that cannot be kept. */
export function FreeMechanics(): ReactNode {
  const { t } = useWords()
  const [at, setAt] = useState(() => Date.parse(`${dayAfter(moscowDay(serverNow()), 1)}T10:00:00+03:00`))
  const people = useQuery({
    queryKey: ['staff', 'mechanic', at],
    queryFn: ({ signal }) =>
      get<{ readonly items: readonly Person[] }>(
        `/staff?role=mechanic&at=${encodeURIComponent(new Date(at).toISOString())}`,
        signal,
      ),
  })
  return (
    <Panel title={t('dispatcher.mechanics')}>
      <Stack gap="sm">
        <FieldInput
          kind={{ field: 'visitAt', title: t('dispatcher.when'), type: 'time', list: false }}
          value={at}
          onValue={(value) => {
            if (typeof value === 'number') setAt(value)
          }}
        />
        <QueryView query={people}>
          {({ items }) => {
            const free = items.filter((one) => one.free === true)
            return free.length === 0 ? (
              <Quiet>{t('dispatcher.nobodyFree')}</Quiet>
            ) : (
              <Text size="sm">{free.map(({ name }) => name).join(', ')}</Text>
            )
          }}
        </QueryView>
      </Stack>
    </Panel>
  )
}
