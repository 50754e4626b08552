import { Button, Group, PasswordInput, Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { put } from '../api/api-client.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { Panel, Quiet } from '../design/page.tsx'
import { ToneWord } from '../design/tone-word.tsx'
import { useWords } from '../language/language.ts'
import { type OwnAccount, useAccountChange } from './account-queries.ts'

type Wish = { readonly noticePhone: string | null; readonly password?: string }

/** The number that hears of every change of the own account, so that nobody takes it over quietly. */
export function NoticePanel({ account }: { readonly account: OwnAccount }): ReactNode {
  const { t } = useWords()
  const [asking, setAsking] = useState(false)
  const { noticePhone } = account
  return (
    <Panel
      title={t('account.notice')}
      actions={
        <Button size="compact-xs" variant="default" onClick={() => setAsking(true)}>
          {t(noticePhone === null ? 'account.noticeAdd' : 'account.noticeChange')}
        </Button>
      }
    >
      <Quiet>{t('account.noticeLead')}</Quiet>
      {noticePhone === null ? <ToneWord tone="wait">{t('account.noticeNone')}</ToneWord> : <Text>{noticePhone}</Text>}
      {asking && <NoticeDialog account={account} onClose={() => setAsking(false)} />}
    </Panel>
  )
}

function NoticeDialog({ account, onClose }: { readonly account: OwnAccount; readonly onClose: () => void }): ReactNode {
  const { t } = useWords()
  const [phone, setPhone] = useState(account.noticePhone ?? '')
  const [password, setPassword] = useState('')
  const change = useAccountChange((wish: Wish) => put('/account/notice', wish))
  const needsPassword = account.totp === null && account.passkeys.length === 0
  const send = (noticePhone: string | null): void =>
    change.mutate({ noticePhone, ...(needsPassword ? { password } : {}) }, { onSuccess: onClose })
  const entitled = !needsPassword || password !== ''
  return (
    <AskDialog
      title={t('account.notice')}
      submit={t('account.noticeSave')}
      change={change}
      ready={entitled && phone.trim() !== '' && phone.trim() !== account.noticePhone}
      onSubmit={() => send(phone.trim())}
      onClose={onClose}
    >
      <TextInput
        label={t('account.noticePhone')}
        type="tel"
        autoComplete="tel"
        data-autofocus
        maxLength={40}
        value={phone}
        onChange={(event) => setPhone(event.currentTarget.value)}
      />
      {account.noticePhone !== null && <Quiet>{t('account.noticeMoved', { phone: account.noticePhone })}</Quiet>}
      {needsPassword && (
        <PasswordInput
          label={t('account.password')}
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
      )}
      {account.noticePhone !== null && (
        <Group>
          <Button
            size="xs"
            variant="default"
            disabled={!entitled}
            loading={change.isPending}
            onClick={() => send(null)}
          >
            {t('account.noticeRemove')}
          </Button>
        </Group>
      )}
    </AskDialog>
  )
}
