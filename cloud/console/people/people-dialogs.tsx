import { Code, Group, MultiSelect, Select, Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { patch, post, remove } from '../api/api-client.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { CopyWord } from '../design/copy-word.tsx'
import { Quiet } from '../design/page.tsx'
import { useWords } from '../language/language.ts'
import { type Issued, linkOf, type Person, ROLES, useChange, useParks } from './people-queries.ts'

/** The link that was made, shown once. */
function Link({ issued }: { readonly issued: Issued }): ReactNode {
  const { t } = useWords()
  return (
    <>
      <Text size="sm">{t('people.link')}</Text>
      <Code block style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }} data-testid="invitation-link">
        {linkOf(issued)}
      </Code>
      <Group>
        <CopyWord value={linkOf(issued)} />
      </Group>
    </>
  )
}

type About = { readonly person: Person; readonly onClose: () => void }

/** A link for somebody new. */
export function InviteDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { t } = useWords()
  const [name, setName] = useState('')
  const [role, setRole] = useState('manager')
  const [parks, setParks] = useState<readonly string[]>([])
  const invite = useChange((wish: object) => post<Issued>('/invitations', wish))
  const wish = { name: name.trim(), role, ...(parks.length === 0 ? {} : { parks }) }
  const issued = invite.data
  return (
    <AskDialog
      title={t('people.inviteTitle')}
      submit={t(issued === undefined ? 'people.invite' : 'app.close')}
      change={invite}
      ready={name.trim() !== ''}
      onSubmit={() => (issued === undefined ? invite.mutate(wish) : onClose())}
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
          <ParksSelect value={parks} onChange={setParks} />
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

/** None chosen is all of them. */
function ParksSelect(props: {
  readonly value: readonly string[]
  readonly onChange: (parks: readonly string[]) => void
}): ReactNode {
  const { t } = useWords()
  const parks = useParks().data?.items ?? []
  return (
    <MultiSelect
      label={t('people.parks')}
      placeholder={props.value.length === 0 ? t('people.everyPark') : undefined}
      searchable
      clearable
      data={parks.map(({ id, name }) => ({ value: id, label: name }))}
      value={[...props.value]}
      onChange={props.onChange}
    />
  )
}

/** Another role or other parks: the person signs in again under them. */
export function RightsDialog({ person, onClose }: About): ReactNode {
  const { t } = useWords()
  const [role, setRole] = useState(person.role)
  const had: readonly string[] = person.parks === 'all' ? [] : person.parks
  const [parks, setParks] = useState<readonly string[]>(had)
  const change = useChange((wish: object) => patch(`/accounts/${person.id}`, wish))
  const moved = [...parks].toSorted().join() !== [...had].toSorted().join()
  const wish = {
    ...(role === person.role ? {} : { role }),
    ...(moved ? { parks: parks.length === 0 ? ('all' as const) : parks } : {}),
  }
  return (
    <AskDialog
      title={`${t('people.change')}: ${person.name}`}
      submit={t('people.save')}
      change={change}
      ready={Object.keys(wish).length > 0}
      onSubmit={() => change.mutate(wish, { onSuccess: onClose })}
      onClose={onClose}
    >
      <RoleSelect value={role} onChange={setRole} />
      <ParksSelect value={parks} onChange={setParks} />
      <Quiet>{t('people.changeLead')}</Quiet>
    </AskDialog>
  )
}

/** Nobody signs in under it any more. */
export function DisableDialog({ person, onClose }: About): ReactNode {
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

/** A link for who has lost everything. */
export function RecoverDialog({ person, onClose }: About): ReactNode {
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
