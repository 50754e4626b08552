import { Button, Group, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { get, put } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { Page } from '../api/timeline.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { DataTable } from '../design/data-table.tsx'
import { Panel, Quiet } from '../design/page.tsx'
import { QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'

type MessageGroup = {
  readonly name: string
  readonly title: string
  readonly phones: readonly string[]
  readonly emails: readonly string[]
}

const GROUPS = 'message-groups'
const EMPTY: MessageGroup = { name: '', title: '', phones: [], emails: [] }
const linesIn = (text: string): readonly string[] =>
  text
    .split(/[\n,;]/)
    .map((one) => one.trim())
    .filter((one) => one !== '')

function GroupDialog({ group, onClose }: { readonly group: MessageGroup; readonly onClose: () => void }): ReactNode {
  const { t } = useWords()
  const [name, setName] = useState(group.name)
  const [title, setTitle] = useState(group.title)
  const [phones, setPhones] = useState(group.phones.join('\n'))
  const [emails, setEmails] = useState(group.emails.join('\n'))
  const save = useChange(
    () =>
      put(`/message-groups/${encodeURIComponent(name)}`, {
        title: title.trim(),
        phones: linesIn(phones),
        emails: linesIn(emails),
      }),
    { touches: [GROUPS], done: t('message.groups.saved') },
  )
  return (
    <AskDialog
      title={group.name === '' ? t('message.groups.add') : t('message.groups.change', { name: group.title })}
      submit={t('message.groups.save')}
      change={save}
      ready={/^[a-z][a-z0-9_]{0,39}$/.test(name) && title.trim() !== ''}
      onClose={onClose}
      onSubmit={() => save.mutate(undefined, { onSuccess: onClose })}
    >
      <TextInput
        label={t('message.groups.name')}
        description={t('message.groups.nameHint')}
        value={name}
        disabled={group.name !== ''}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label={t('message.groups.title')}
        maxLength={80}
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <Textarea
        label={t('message.groups.phones')}
        autosize
        value={phones}
        onChange={(event) => setPhones(event.currentTarget.value)}
      />
      <Textarea
        label={t('message.groups.emails')}
        autosize
        value={emails}
        onChange={(event) => setEmails(event.currentTarget.value)}
      />
    </AskDialog>
  )
}

/** Whom rules write to when they write to a group or a role; one without numbers and addresses hears nothing. */
export function GroupsPanel(): ReactNode {
  const { t } = useWords()
  const [asked, setAsked] = useState<MessageGroup | null>(null)
  const groups = useQuery({
    queryKey: [GROUPS],
    queryFn: ({ signal }) => get<Page<MessageGroup>>('/message-groups', signal),
  })
  return (
    <Panel title={t('message.groups.heading')}>
      <QueryView query={groups}>
        {({ items }) =>
          items.length === 0 ? (
            <Quiet>{t('message.groups.none')}</Quiet>
          ) : (
            <DataTable
              label={t('message.groups.heading')}
              rows={[...items]}
              keyOf={({ name }) => name}
              columns={[
                { word: t('message.groups.title'), plain: true, cell: ({ title, name }) => `${title} (${name})` },
                {
                  word: t('message.groups.who'),
                  cell: ({ phones, emails }) => [...phones, ...emails].join(', ') || t('message.groups.nobody'),
                },
                {
                  word: '',
                  cell: (group) => (
                    <Button variant="subtle" size="compact-sm" onClick={() => setAsked(group)}>
                      {t('message.groups.edit')}
                    </Button>
                  ),
                },
              ]}
            />
          )
        }
      </QueryView>
      <Group mt="sm">
        <Button variant="light" size="compact-sm" onClick={() => setAsked(EMPTY)}>
          {t('message.groups.add')}
        </Button>
      </Group>
      {asked !== null && <GroupDialog group={asked} onClose={() => setAsked(null)} />}
    </Panel>
  )
}
