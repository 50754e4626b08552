import { Button, Group, Stack, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { put, remove } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { DriverSecrets } from '../api/leasing.ts'
import type { User } from '../api/session.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { Facts } from '../design/facts.tsx'
import { Panel, Quiet } from '../design/page.tsx'
import { QueryView } from '../design/query-view.tsx'
import { calendarWords } from '../language/calendar.ts'
import { useWords } from '../language/language.ts'
import { useNow } from '../live/now.ts'
import { mayEraseSecrets, mayWriteSecrets } from '../session/rights.ts'
import { driverPath, useSecrets } from './driver-queries.ts'

const FIELDS = [
  'birthDate',
  'passportNumber',
  'passportIssuedBy',
  'passportIssuedOn',
  'licenceNumber',
  'licenceUntil',
  'address',
] as const
const DAYS: ReadonlySet<string> = new Set(['birthDate', 'passportIssuedOn', 'licenceUntil'])

function SecretsForm(props: {
  readonly id: string
  readonly known: DriverSecrets
  readonly onClose: () => void
}): ReactNode {
  const { id, known, onClose } = props
  const { t } = useWords()
  const [draft, setDraft] = useState(known)
  const changed = Object.fromEntries(
    FIELDS.flatMap((field) => (draft[field] === known[field] ? [] : [[field, draft[field]]])),
  )
  const save = useChange(() => put<DriverSecrets>(`${driverPath(id)}/secrets`, changed), {
    touches: ['driver-secrets', 'drivers'],
    done: t('driver.saved'),
  })
  return (
    <AskDialog
      title={t('driver.secrets')}
      submit={t('driver.save')}
      change={save}
      onClose={onClose}
      onSubmit={() => save.mutate(undefined, { onSuccess: onClose })}
    >
      {FIELDS.map((field) => (
        <TextInput
          key={field}
          label={t(`driver.fields.${field}`)}
          type={DAYS.has(field) ? 'date' : 'text'}
          value={draft[field] ?? ''}
          onChange={(event) => setDraft({ ...draft, [field]: event.currentTarget.value || null })}
        />
      ))}
    </AskDialog>
  )
}

/** Birth date, passport and licence; read only on request. */
export function SecretsPanel({ id, user }: { readonly id: string; readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(3600)
  const [wanted, setWanted] = useState(false)
  const [asking, setAsking] = useState<'nothing' | 'change' | 'erase'>('nothing')
  const secrets = useSecrets(id, wanted)
  const erase = useChange(() => remove(`${driverPath(id)}/secrets`), {
    touches: ['driver-secrets', 'drivers'],
    done: t('driver.erased'),
  })
  const close = (): void => setAsking('nothing')
  return (
    <Panel title={t('driver.secrets')}>
      {!wanted ? (
        <Stack gap="xs" align="flex-start">
          <Quiet>{t('driver.secretsLead')}</Quiet>
          <Button size="xs" variant="default" onClick={() => setWanted(true)}>
            {t('driver.showSecrets')}
          </Button>
        </Stack>
      ) : (
        <QueryView query={secrets}>
          {(known) => (
            <Stack gap="md">
              <Facts
                facts={FIELDS.map((field) => {
                  const value = known[field]
                  const shown = value !== null && DAYS.has(field) ? calendarWords(value, now, language) : value
                  return { word: t(`driver.fields.${field}`), value: shown ?? t('app.unknown') }
                })}
              />
              <Group gap="xs">
                {mayWriteSecrets(user) && (
                  <Button size="xs" variant="default" onClick={() => setAsking('change')}>
                    {t('driver.changeSecrets')}
                  </Button>
                )}
                {mayEraseSecrets(user) && (
                  <Button size="xs" variant="default" onClick={() => setAsking('erase')}>
                    {t('driver.eraseSecrets')}
                  </Button>
                )}
              </Group>
              {asking === 'change' && <SecretsForm id={id} known={known} onClose={close} />}
            </Stack>
          )}
        </QueryView>
      )}
      {asking === 'erase' && (
        <AskDialog
          title={t('driver.eraseTitle')}
          submit={t('driver.eraseSecrets')}
          heavy
          change={erase}
          onClose={close}
          onSubmit={() => erase.mutate(undefined, { onSuccess: close })}
        >
          {t('driver.eraseLead')}
        </AskDialog>
      )}
    </Panel>
  )
}
