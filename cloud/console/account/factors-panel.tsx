import { Button, Code, Group, PasswordInput, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import { toDataURL } from 'qrcode'
import { type ReactNode, useEffect, useState } from 'react'
import { post } from '../api/api-client.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { CopyWord } from '../design/copy-word.tsx'
import { Panel, Quiet } from '../design/page.tsx'
import { useRefused } from '../design/refused.ts'
import { ToneWord } from '../design/tone-word.tsx'
import { useWords } from '../language/language.ts'
import { momentWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { addPasskey, beginTotp, confirmTotp, drop, type OwnAccount, useAccountChange } from './account-queries.ts'

type Asking = 'nothing' | 'totp' | 'passkey' | 'removeTotp' | 'codes'
type Codes = readonly string[] | null

function useQr(text: string | undefined): string | null {
  const [picture, setPicture] = useState<string | null>(null)
  useEffect(() => {
    if (text === undefined) return
    let wanted = true
    void toDataURL(text, { width: 360, margin: 2 }).then((made) => {
      if (wanted) setPicture(made)
    })
    return () => {
      wanted = false
    }
  }, [text])
  return picture
}

/** Authenticator app, passkeys and recovery codes of the own account. */
export function FactorsPanel({ account }: { readonly account: OwnAccount }): ReactNode {
  const { t, language } = useWords()
  const now = useNow()
  const [asking, setAsking] = useState<Asking>('nothing')
  const [codes, setCodes] = useState<Codes>(null)
  const removeTotp = useAccountChange(() => drop('/account/totp'))
  const refused = useRefused()
  const removeKey = useAccountChange((id: string) => drop(`/account/passkeys/${encodeURIComponent(id)}`))
  const moment = (at: string): string => momentWords(Date.parse(at), now, language)
  const none = account.totp === null && account.passkeys.length === 0
  const close = (): void => setAsking('nothing')
  const shown = (made: Codes): void => {
    close()
    setCodes(made)
  }
  return (
    <Panel title={t('account.factors')}>
      <Stack gap="md">
        <Quiet>{t(account.secondFactorToBlock === 'on' ? 'account.factorsLead' : 'account.notNeeded')}</Quiet>
        {account.noBlockUntil !== null && (
          <ToneWord tone="wait">{t('account.noBlockUntil', { time: moment(account.noBlockUntil) })}</ToneWord>
        )}
        {account.freshUntil !== null && Date.parse(account.freshUntil) > now && (
          <ToneWord tone="good">{t('account.freshUntil', { time: moment(account.freshUntil) })}</ToneWord>
        )}
        <Group justify="space-between">
          <div>
            <Text fw={600}>{t('account.app')}</Text>
            <Quiet>
              {account.totp === null ? t('account.appOff') : t('account.appOn', { time: moment(account.totp) })}
            </Quiet>
          </div>
          {account.totp === null ? (
            <Button size="xs" onClick={() => setAsking('totp')}>
              {t('account.appAdd')}
            </Button>
          ) : (
            <Button size="xs" variant="default" onClick={() => setAsking('removeTotp')}>
              {t('account.appRemove')}
            </Button>
          )}
        </Group>
        <Group justify="space-between">
          <Text fw={600}>{t('account.passkeys')}</Text>
          <Button
            size="xs"
            variant="default"
            disabled={!window.isSecureContext}
            title={window.isSecureContext ? undefined : t('account.passkeyInsecure')}
            onClick={() => setAsking('passkey')}
          >
            {t('account.passkeyAdd')}
          </Button>
        </Group>
        {account.passkeys.length === 0 && <Quiet>{t('account.noPasskeys')}</Quiet>}
        {account.passkeys.map(({ id, name, lastUsedAt }) => (
          <Group key={id} justify="space-between">
            <div>
              <Text>{name}</Text>
              <Quiet>
                {lastUsedAt === null ? t('account.neverUsed') : t('account.lastUsed', { time: moment(lastUsedAt) })}
              </Quiet>
            </div>
            <Button
              size="compact-xs"
              variant="default"
              loading={removeKey.isPending}
              onClick={() => removeKey.mutate(id, { onError: refused })}
            >
              {t('account.appRemove')}
            </Button>
          </Group>
        ))}
        {!none && (
          <Group justify="space-between">
            <div>
              <Text fw={600}>{t('account.recovery')}</Text>
              <Quiet>{t('account.recoveryLeft', { count: account.recoveryCodesLeft })}</Quiet>
            </div>
            <NewCodes onMade={shown} />
          </Group>
        )}
      </Stack>
      {asking === 'totp' && <TotpDialog needsPassword={none} onDone={shown} onClose={close} />}
      {asking === 'passkey' && <PasskeyDialog needsPassword={none} onDone={shown} onClose={close} />}
      {asking === 'removeTotp' && (
        <AskDialog
          title={t('account.appRemove')}
          submit={t('account.appRemove')}
          heavy
          change={removeTotp}
          onSubmit={() => removeTotp.mutate(undefined, { onSuccess: close })}
          onClose={close}
        >
          <Text>{t('account.app')}</Text>
        </AskDialog>
      )}
      {codes !== null && <CodesDialog codes={codes} onClose={() => setCodes(null)} />}
    </Panel>
  )
}

function NewCodes({ onMade }: { readonly onMade: (codes: Codes) => void }): ReactNode {
  const { t } = useWords()
  const refused = useRefused()
  const make = useAccountChange(makeCodes)
  return (
    <Button
      size="xs"
      variant="default"
      loading={make.isPending}
      onClick={() =>
        make.mutate(undefined, { onSuccess: ({ recoveryCodes }) => onMade(recoveryCodes), onError: refused })
      }
    >
      {t('account.recoveryNew')}
    </Button>
  )
}

const makeCodes = (): Promise<{ readonly recoveryCodes: readonly string[] }> => post('/account/recovery-codes', {})

type Enrol = {
  readonly needsPassword: boolean
  readonly onDone: (codes: Codes) => void
  readonly onClose: () => void
}

function TotpDialog({ needsPassword, onDone, onClose }: Enrol): ReactNode {
  const { t } = useWords()
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const begin = useAccountChange(beginTotp)
  const confirm = useAccountChange(confirmTotp)
  const picture = useQr(begin.data?.uri)
  const secret = begin.data?.secret
  if (secret === undefined)
    return (
      <AskDialog
        title={t('account.app')}
        submit={t('account.appAdd')}
        change={begin}
        ready={!needsPassword || password !== ''}
        onSubmit={() => begin.mutate(needsPassword ? password : undefined)}
        onClose={onClose}
      >
        {needsPassword && (
          <PasswordInput
            label={t('account.password')}
            autoComplete="current-password"
            data-autofocus
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
        )}
      </AskDialog>
    )
  return (
    <AskDialog
      title={t('account.app')}
      submit={t('account.confirm')}
      change={confirm}
      ready={code.trim().length >= 6}
      onSubmit={() => confirm.mutate(code.trim(), { onSuccess: ({ recoveryCodes }) => onDone(recoveryCodes) })}
      onClose={onClose}
    >
      <Text size="sm">{t('account.appScan')}</Text>
      {picture !== null && <img src={picture} alt="" width={180} height={180} style={{ alignSelf: 'center' }} />}
      <Quiet>
        {t('account.appSecret')}: <Code>{secret}</Code>
      </Quiet>
      <TextInput
        label={t('account.code')}
        data-autofocus
        inputMode="numeric"
        autoComplete="one-time-code"
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
    </AskDialog>
  )
}

function PasskeyDialog({ needsPassword, onDone, onClose }: Enrol): ReactNode {
  const { t } = useWords()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const add = useAccountChange(addPasskey)
  return (
    <AskDialog
      title={t('account.passkeyAdd')}
      submit={t('account.passkeyAdd')}
      change={add}
      ready={name.trim() !== '' && (!needsPassword || password !== '')}
      onSubmit={() =>
        add.mutate(
          { name: name.trim(), password: needsPassword ? password : undefined },
          { onSuccess: ({ recoveryCodes }) => onDone(recoveryCodes) },
        )
      }
      onClose={onClose}
    >
      <Text size="sm">{t('account.passkeyHint')}</Text>
      <TextInput
        label={t('account.passkeyName')}
        data-autofocus
        maxLength={64}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {needsPassword && (
        <PasswordInput
          label={t('account.password')}
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
      )}
    </AskDialog>
  )
}

const IDLE = { isPending: false, isError: false, error: null } as const

function CodesDialog({
  codes,
  onClose,
}: {
  readonly codes: readonly string[]
  readonly onClose: () => void
}): ReactNode {
  const { t } = useWords()
  return (
    <AskDialog
      title={t('account.recovery')}
      submit={t('account.written')}
      change={IDLE}
      onSubmit={onClose}
      onClose={onClose}
    >
      <Text size="sm">{t('account.recoveryShown')}</Text>
      <SimpleGrid cols={2} spacing="xs">
        {codes.map((code) => (
          <Code key={code} data-testid="recovery-code">
            {code}
          </Code>
        ))}
      </SimpleGrid>
      <CopyWord value={codes.join('\n')} />
    </AskDialog>
  )
}
