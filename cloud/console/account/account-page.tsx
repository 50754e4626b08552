import { Button, Code, Group, Select, Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { post } from '../api/api-client.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { CopyWord } from '../design/copy-word.tsx'
import { DataTable, Small } from '../design/data-table.tsx'
import { Page, Panel, Quiet } from '../design/page.tsx'
import { QueryView } from '../design/query-view.tsx'
import { useRefused } from '../design/refused.ts'
import { ToneWord } from '../design/tone-word.tsx'
import { useWords } from '../language/language.ts'
import { momentWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import {
  type ApiToken,
  drop,
  useAccountChange,
  useOwnAccount,
  useOwnSessions,
  useOwnTokens,
} from './account-queries.ts'
import { browserWords } from './browser-words.ts'
import { FactorsPanel } from './factors-panel.tsx'
import { NoticePanel } from './notice-panel.tsx'

/** The own account: second factors, where one is signed in, keys for programs. */
export function AccountPage(): ReactNode {
  const { t } = useWords()
  const account = useOwnAccount()
  return (
    <Page title={t('account.title')} lead={t('account.lead')}>
      <QueryView query={account}>
        {(own) => (
          <>
            <FactorsPanel account={own} />
            <NoticePanel account={own} />
          </>
        )}
      </QueryView>
      <Sessions />
      <Tokens />
    </Page>
  )
}

function Sessions(): ReactNode {
  const { t, language } = useWords()
  const now = useNow()
  const sessions = useOwnSessions()
  const refused = useRefused()
  const end = useAccountChange((path: string) => drop(path))
  return (
    <Panel
      title={t('account.sessions')}
      actions={
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => end.mutate('/account/sessions', { onError: refused })}
        >
          {t('account.endOthers')}
        </Button>
      }
    >
      <QueryView query={sessions}>
        {({ items }) => (
          <DataTable
            bare
            label={t('account.sessions')}
            rows={items}
            keyOf={({ id }) => id}
            columns={[
              {
                word: t('account.program'),
                cell: ({ program, current }) => (
                  <Group gap="sm" title={program}>
                    {program === '' ? '—' : browserWords(program)}
                    {current && <ToneWord tone="good">{t('account.here')}</ToneWord>}
                  </Group>
                ),
                plain: true,
              },
              { word: t('account.address'), cell: ({ address }) => address },
              { word: t('account.seen'), cell: ({ lastSeenAt }) => momentWords(Date.parse(lastSeenAt), now, language) },
              {
                word: '',
                end: true,
                cell: ({ id, current }) =>
                  current ? null : (
                    <Button
                      size="compact-xs"
                      variant="default"
                      onClick={() => end.mutate(`/account/sessions/${id}`, { onError: refused })}
                    >
                      {t('account.end')}
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </QueryView>
    </Panel>
  )
}

const READING = ['*:read']

function Tokens(): ReactNode {
  const { t, language } = useWords()
  const now = useNow()
  const tokens = useOwnTokens()
  const [asking, setAsking] = useState(false)
  const [made, setMade] = useState<string | null>(null)
  const refused = useRefused()
  const revoke = useAccountChange((id: string) => drop(`/tokens/${id}`))
  return (
    <Panel
      title={t('account.tokens')}
      actions={
        <Button size="compact-xs" variant="default" onClick={() => setAsking(true)}>
          {t('account.tokenAdd')}
        </Button>
      }
    >
      <Quiet>{t('account.tokensLead')}</Quiet>
      {made !== null && (
        <Group gap="sm" my="sm">
          <Text size="sm">{t('account.tokenShown')}</Text>
          <Code style={{ overflowWrap: 'anywhere' }}>{made}</Code>
          <CopyWord value={made} />
        </Group>
      )}
      <QueryView query={tokens}>
        {({ items }) =>
          items.length === 0 ? (
            <Quiet>{t('account.noTokens')}</Quiet>
          ) : (
            <DataTable<ApiToken>
              bare
              label={t('account.tokens')}
              rows={items}
              keyOf={({ id }) => id}
              columns={[
                {
                  word: t('account.tokenName'),
                  cell: ({ name, shown }) => (
                    <>
                      {name}
                      <Small>{shown}</Small>
                    </>
                  ),
                  plain: true,
                },
                {
                  word: t('account.tokenScopes'),
                  cell: ({ scopes }) => (scopes === null ? t('account.scopeAll') : scopes.join(', ')),
                },
                {
                  word: t('account.seen'),
                  cell: ({ lastUsedAt }) =>
                    lastUsedAt === null ? t('account.neverUsed') : momentWords(Date.parse(lastUsedAt), now, language),
                },
                {
                  word: '',
                  end: true,
                  cell: ({ id }) => (
                    <Button size="compact-xs" variant="default" onClick={() => revoke.mutate(id, { onError: refused })}>
                      {t('account.revoke')}
                    </Button>
                  ),
                },
              ]}
            />
          )
        }
      </QueryView>
      {asking && (
        <TokenDialog
          onMade={(token) => {
            setAsking(false)
            setMade(token)
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </Panel>
  )
}

function TokenDialog(props: { readonly onMade: (token: string) => void; readonly onClose: () => void }): ReactNode {
  const { t } = useWords()
  const [name, setName] = useState('')
  const [reach, setReach] = useState<string>('read')
  const make = useAccountChange((wish: { readonly name: string; readonly scopes?: readonly string[] }) =>
    post<{ readonly token: string }>('/tokens', wish),
  )
  const wish = { name: name.trim(), ...(reach === 'read' ? { scopes: READING } : {}) }
  return (
    <AskDialog
      title={t('account.tokenAdd')}
      submit={t('account.tokenAdd')}
      change={make}
      ready={name.trim() !== ''}
      onSubmit={() => make.mutate(wish, { onSuccess: ({ token }) => props.onMade(token) })}
      onClose={props.onClose}
    >
      <TextInput
        label={t('account.tokenName')}
        data-autofocus
        maxLength={64}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label={t('account.tokenScopes')}
        allowDeselect={false}
        data={[
          { value: 'read', label: t('account.scopeRead') },
          { value: 'all', label: t('account.scopeAll') },
        ]}
        value={reach}
        onChange={(value) => setReach(value ?? 'read')}
      />
    </AskDialog>
  )
}
