import { Button, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { get, put, remove } from '../api/api-client.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { DataTable, Small } from '../design/data-table.tsx'
import { Panel } from '../design/page.tsx'
import { useRefused } from '../design/refused.ts'
import { ToneWord } from '../design/tone-word.tsx'
import { useWords } from '../language/language.ts'
import { momentWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { type Invitation, useChange, useInvitations } from './people-queries.ts'

/** Whether blocking takes a second factor; an owner turns it. */
export function SecondFactorSwitch({ owner }: { readonly owner: boolean }): ReactNode {
  const { t } = useWords()
  const policy = useQuery({
    queryKey: ['people', 'policy'],
    queryFn: ({ signal }) => get<{ readonly secondFactorToBlock: 'on' | 'off' }>('/access/policy', signal),
  })
  const [asking, setAsking] = useState(false)
  const turn = useChange((toBlock: 'on' | 'off') => put('/access/second-factor', { toBlock }))
  const now = policy.data?.secondFactorToBlock
  if (now === undefined) return null
  return (
    <Panel
      title={t('people.secondFactor')}
      actions={
        owner && (
          <Button size="compact-xs" variant="default" onClick={() => setAsking(true)}>
            {t(now === 'on' ? 'people.turnOff' : 'people.turnOn')}
          </Button>
        )
      }
    >
      <ToneWord tone={now === 'on' ? 'good' : 'wait'}>
        {t(now === 'on' ? 'people.secondFactorOn' : 'people.secondFactorOff')}
      </ToneWord>
      {asking && (
        <AskDialog
          title={t('people.secondFactor')}
          submit={t(now === 'on' ? 'people.turnOff' : 'people.turnOn')}
          change={turn}
          heavy={now === 'on'}
          onClose={() => setAsking(false)}
          onSubmit={() => turn.mutate(now === 'on' ? 'off' : 'on', { onSuccess: () => setAsking(false) })}
        >
          <Text size="sm">{t(now === 'on' ? 'people.whenOff' : 'people.whenOn')}</Text>
        </AskDialog>
      )}
    </Panel>
  )
}

/** Links that were given and not used yet. */
export function Invitations(): ReactNode {
  const { t, language } = useWords()
  const now = useNow()
  const open = useInvitations()
  const refused = useRefused()
  const withdraw = useChange((id: string) => remove(`/invitations/${id}`))
  if (open.data === undefined || open.data.items.length === 0) return null
  return (
    <Panel title={t('people.invitations')}>
      <DataTable<Invitation>
        bare
        label={t('people.invitations')}
        rows={open.data.items}
        keyOf={({ id }) => id}
        columns={[
          {
            word: t('people.name'),
            plain: true,
            cell: ({ name, kind }) => (
              <>
                {name}
                <Small>{t(`people.kinds.${kind}`)}</Small>
              </>
            ),
          },
          { word: t('people.role'), cell: ({ role }) => t(`role.${role}`) },
          {
            word: '',
            cell: ({ expiresAt }) => t('people.until', { time: momentWords(Date.parse(expiresAt), now, language) }),
          },
          {
            word: ' ',
            end: true,
            cell: ({ id }) => (
              <Button size="compact-xs" variant="default" onClick={() => withdraw.mutate(id, { onError: refused })}>
                {t('people.withdraw')}
              </Button>
            ),
          },
        ]}
      />
    </Panel>
  )
}
