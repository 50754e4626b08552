import { Button, Code, CopyButton, Group, Menu, Select, Text, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { get, patch, post, put, remove } from '../api/api-client.ts'
import type { User } from '../api/session.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { DataTable, Small } from '../design/data-table.tsx'
import { Page, Panel, Quiet } from '../design/page.tsx'
import { QueryView } from '../design/query-view.tsx'
import { ToneWord } from '../design/tone-word.tsx'
import { useWords } from '../language/language.ts'
import { momentWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'

type Person = {
  readonly id: string
  readonly login: string
  readonly name: string
  readonly role: string
  readonly parks: 'all' | readonly string[]
  readonly secondFactor: readonly string[]
  readonly noBlockUntil: string | null
}
type Invitation = {
  readonly id: string
  readonly kind: 'new' | 'recovery'
  readonly name: string
  readonly role: string
  readonly expiresAt: string
}
type Issued = { readonly token: string; readonly expiresAt: string }

const ROLES = [
  'owner',
  'head',
  'manager',
  'support',
  'security',
  'papers',
  'service',
  'mechanic',
  'dispatcher',
  'technician',
  'accountant',
  'auditor',
  'integration',
]

function useChange<Wish, Answer>(change: (wish: Wish) => Promise<Answer>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: change,
    onSettled: () => void client.invalidateQueries({ queryKey: ['people'] }),
  })
}

const linkOf = ({ token }: Issued): string => `${window.location.origin}/join#${token}`

type Asking =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'invite' }
  | { readonly kind: 'role' | 'disable' | 'recover'; readonly person: Person }

/** Who signs in: roles, second factors, invitations. */
export function PeoplePage({ user }: { readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow()
  const people = useQuery({
    queryKey: ['people', 'accounts'],
    queryFn: ({ signal }) => get<{ readonly items: readonly Person[] }>('/accounts', signal),
  })
  const [asking, setAsking] = useState<Asking>({ kind: 'nothing' })
  const close = (): void => setAsking({ kind: 'nothing' })
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
                cell: ({ parks }) => (parks === 'all' ? t('people.allParks') : String(parks.length)),
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
                          <Menu.Item onClick={() => confirm.mutate(person.id)}>{t('people.confirm')}</Menu.Item>
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
      {asking.kind === 'role' && <RoleDialog person={asking.person} onClose={close} />}
      {asking.kind === 'disable' && <DisableDialog person={asking.person} onClose={close} />}
      {asking.kind === 'recover' && <RecoverDialog person={asking.person} onClose={close} />}
    </Page>
  )
}

function SecondFactorSwitch({ owner }: { readonly owner: boolean }): ReactNode {
  const { t } = useWords()
  const policy = useQuery({
    queryKey: ['people', 'policy'],
    queryFn: ({ signal }) => get<{ readonly secondFactorToBlock: 'on' | 'off' }>('/access/policy', signal),
  })
  const turn = useChange((toBlock: 'on' | 'off') => put('/access/second-factor', { toBlock }))
  const now = policy.data?.secondFactorToBlock
  if (now === undefined) return null
  return (
    <Panel
      title={t('people.secondFactor')}
      actions={
        owner && (
          <Button
            size="compact-xs"
            variant="default"
            loading={turn.isPending}
            onClick={() => turn.mutate(now === 'on' ? 'off' : 'on')}
          >
            {t(now === 'on' ? 'people.turnOff' : 'people.turnOn')}
          </Button>
        )
      }
    >
      <ToneWord tone={now === 'on' ? 'good' : 'wait'}>
        {t(now === 'on' ? 'people.secondFactorOn' : 'people.secondFactorOff')}
      </ToneWord>
    </Panel>
  )
}

function Invitations(): ReactNode {
  const { t, language } = useWords()
  const now = useNow()
  const open = useQuery({
    queryKey: ['people', 'invitations'],
    queryFn: ({ signal }) => get<{ readonly items: readonly Invitation[] }>('/invitations', signal),
  })
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
              <Button size="compact-xs" variant="default" onClick={() => withdraw.mutate(id)}>
                {t('people.withdraw')}
              </Button>
            ),
          },
        ]}
      />
    </Panel>
  )
}

/** The link that was made, shown once. */
function Link({ issued }: { readonly issued: Issued }): ReactNode {
  const { t } = useWords()
  return (
    <>
      <Text size="sm">{t('people.link')}</Text>
      <Code block style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }} data-testid="invitation-link">
        {linkOf(issued)}
      </Code>
      <CopyButton value={linkOf(issued)}>
        {({ copied, copy }) => (
          <Group>
            <Button size="xs" variant="default" onClick={copy}>
              {t(copied ? 'app.copied' : 'app.copy')}
            </Button>
          </Group>
        )}
      </CopyButton>
    </>
  )
}

type Dialog = { readonly person: Person; readonly onClose: () => void }

function InviteDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { t } = useWords()
  const [name, setName] = useState('')
  const [role, setRole] = useState('manager')
  const invite = useChange((wish: { readonly name: string; readonly role: string }) =>
    post<Issued>('/invitations', wish),
  )
  const issued = invite.data
  return (
    <AskDialog
      title={t('people.inviteTitle')}
      submit={t(issued === undefined ? 'people.invite' : 'app.close')}
      change={invite}
      ready={name.trim() !== ''}
      onSubmit={() => (issued === undefined ? invite.mutate({ name: name.trim(), role }) : onClose())}
      onClose={onClose}
    >
      {issued === undefined ? (
        <>
          <Quiet>{t('people.inviteLead')}</Quiet>
          <TextInput
            label={t('people.name')}
            data-autofocus
            maxLength={80}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <RoleSelect value={role} onChange={setRole} />
        </>
      ) : (
        <Link issued={issued} />
      )}
    </AskDialog>
  )
}

const RoleSelect = (props: { readonly value: string; readonly onChange: (role: string) => void }): ReactNode => {
  const { t } = useWords()
  return (
    <Select
      label={t('people.role')}
      allowDeselect={false}
      data={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))}
      value={props.value}
      onChange={(value) => props.onChange(value ?? props.value)}
    />
  )
}

function RoleDialog({ person, onClose }: Dialog): ReactNode {
  const { t } = useWords()
  const [role, setRole] = useState(person.role)
  const change = useChange((wish: string) => patch(`/accounts/${person.id}`, { role: wish }))
  return (
    <AskDialog
      title={`${t('people.change')}: ${person.name}`}
      submit={t('people.change')}
      change={change}
      ready={role !== person.role}
      onSubmit={() => change.mutate(role, { onSuccess: onClose })}
      onClose={onClose}
    >
      <RoleSelect value={role} onChange={setRole} />
    </AskDialog>
  )
}

function DisableDialog({ person, onClose }: Dialog): ReactNode {
  const { t } = useWords()
  const disable = useChange(() => remove(`/accounts/${person.id}`))
  return (
    <AskDialog
      title={t('people.disable')}
      submit={t('people.disable')}
      heavy
      change={disable}
      onSubmit={() => disable.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    >
      <Text>{t('people.disableLead', { name: person.name })}</Text>
    </AskDialog>
  )
}

function RecoverDialog({ person, onClose }: Dialog): ReactNode {
  const { t } = useWords()
  const recover = useChange(() => post<Issued>(`/accounts/${person.id}/recovery`, {}))
  const issued = recover.data
  return (
    <AskDialog
      title={t('people.recover')}
      submit={t(issued === undefined ? 'people.recover' : 'app.close')}
      change={recover}
      onSubmit={() => (issued === undefined ? recover.mutate(undefined) : onClose())}
      onClose={onClose}
    >
      {issued === undefined ? <Text>{t('people.recoverLead', { name: person.name })}</Text> : <Link issued={issued} />}
    </AskDialog>
  )
}
