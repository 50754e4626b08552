import { Button, Menu, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { post } from '../api/api-client.ts'
import type { User } from '../api/session.ts'
import { DataTable, Small } from '../design/data-table.tsx'
import { Page } from '../design/page.tsx'
import { QueryView } from '../design/query-view.tsx'
import { useRefused } from '../design/refused.ts'
import { ToneWord } from '../design/tone-word.tsx'
import { useWords } from '../language/language.ts'
import { momentWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { DisableDialog, InviteDialog, RecoverDialog, RightsDialog } from './people-dialogs.tsx'
import { Invitations, SecondFactorSwitch } from './people-panels.tsx'
import { type Person, useChange, useParks, usePeople } from './people-queries.ts'

type Asking =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'invite' }
  | { readonly kind: 'role' | 'disable' | 'recover'; readonly person: Person }

/** Who signs in: roles, second factors, invitations. */
export function PeoplePage({ user }: { readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow()
  const people = usePeople()
  const parkNames = new Map((useParks().data?.items ?? []).map(({ id, name }) => [id, name]))
  const [asking, setAsking] = useState<Asking>({ kind: 'nothing' })
  const close = (): void => setAsking({ kind: 'nothing' })
  const refused = useRefused()
  const confirm = useChange((id: string) => post(`/accounts/${id}/confirm`, {}))
  const owner = user.role === 'owner'
  const moment = (at: string): string => momentWords(Date.parse(at), now, language)
  return (
    <Page
      title={t('people.title')}
      lead={t('people.lead')}
      actions={
        <Button leftSection={<IconPlus size={17} />} onClick={() => setAsking({ kind: 'invite' })}>
          {t('people.invite')}
        </Button>
      }
    >
      <SecondFactorSwitch owner={owner} />
      <QueryView query={people}>
        {({ items }) => (
          <DataTable<Person>
            label={t('people.title')}
            rows={items}
            keyOf={({ id }) => id}
            columns={[
              {
                word: t('people.name'),
                plain: true,
                cell: ({ name, login, noBlockUntil }) => (
                  <>
                    <Text fw={600}>{name}</Text>
                    <Small>{login}</Small>
                    {noBlockUntil !== null && (
                      <ToneWord tone="wait">{t('people.recovered', { time: moment(noBlockUntil) })}</ToneWord>
                    )}
                  </>
                ),
              },
              { word: t('people.role'), cell: ({ role }) => t(`role.${role}`) },
              {
                word: t('people.factor'),
                cell: ({ secondFactor }) =>
                  secondFactor.length === 0 ? (
                    <ToneWord tone="unknown">{t('people.noFactor')}</ToneWord>
                  ) : (
                    secondFactor.map((way) => t(`people.ways.${way}`)).join(', ')
                  ),
              },
              {
                word: t('people.parks'),
                cell: ({ parks }) =>
                  parks === 'all'
                    ? t('people.allParks')
                    : parks.map((id) => parkNames.get(id) ?? '…').join(', ') || t('people.noPark'),
              },
              {
                word: '',
                end: true,
                cell: (person) =>
                  owner && person.id !== user.id ? (
                    <Menu position="bottom-end" shadow="md">
                      <Menu.Target>
                        <Button size="compact-xs" variant="default" aria-label={person.name}>
                          ···
                        </Button>
                      </Menu.Target>
                      <Menu.Dropdown>
                        <Menu.Item onClick={() => setAsking({ kind: 'role', person })}>{t('people.change')}</Menu.Item>
                        <Menu.Item onClick={() => setAsking({ kind: 'recover', person })}>
                          {t('people.recover')}
                        </Menu.Item>
                        {person.noBlockUntil !== null && (
                          <Menu.Item onClick={() => confirm.mutate(person.id, { onError: refused })}>
                            {t('people.confirm')}
                          </Menu.Item>
                        )}
                        <Menu.Item color="red" onClick={() => setAsking({ kind: 'disable', person })}>
                          {t('people.disable')}
                        </Menu.Item>
                      </Menu.Dropdown>
                    </Menu>
                  ) : null,
              },
            ]}
          />
        )}
      </QueryView>
      <Invitations />
      {asking.kind === 'invite' && <InviteDialog onClose={close} />}
      {asking.kind === 'role' && <RightsDialog person={asking.person} onClose={close} />}
      {asking.kind === 'disable' && <DisableDialog person={asking.person} onClose={close} />}
      {asking.kind === 'recover' && <RecoverDialog person={asking.person} onClose={close} />}
    </Page>
  )
}
