import { ActionIcon, Button, CopyButton, Group, Popover, Stack, Text, TextInput } from '@mantine/core'
import { IconBookmark, IconCheck, IconLink, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { get, post, remove } from '../api/api-client.ts'
import type { SavedView } from '../api/process.ts'
import { showDone } from '../design/done.tsx'
import { Failed } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { refusalWords } from '../language/problem-words.ts'
import { type BoardQuery, queryFrom, searchFrom } from './board-query.ts'
import classes from './saved-views.module.css'

const VIEWS = 'card-views'
type Wish = Pick<SavedView, 'pipeline' | 'title' | 'query'>

/** Pure. The address of a view: whoever opens it sees the same, as far as his own rights go. */
const addressOf = ({ pipeline, query }: Wish): string =>
  `/processes?${searchFrom({ ...queryFrom(new URLSearchParams(query)), pipeline })}`

/** What narrows a board or a list, kept under a name: chosen, shared by its address, thrown away and taken back. */
export function SavedViews({ pipeline, query }: { readonly pipeline: string; readonly query: BoardQuery }): ReactNode {
  const { t } = useWords()
  const client = useQueryClient()
  const [isOpen, setOpen] = useState(false)
  const [title, setTitle] = useState('')
  const views = useQuery({
    queryKey: [VIEWS],
    queryFn: async ({ signal }) => (await get<{ readonly items: readonly SavedView[] }>('/card-views', signal)).items,
  })
  const own = (views.data ?? []).filter((view) => view.pipeline === pipeline)
  const reread = { onSettled: () => void client.invalidateQueries({ queryKey: [VIEWS] }) }
  const save = useMutation({
    mutationFn: async (wish: Wish) => {
      const before = own.filter((view) => view.title === wish.title)
      await post<SavedView>('/card-views', wish)
      // A name stands once: the new one takes the place of the old.
      for (const { id } of before) await remove(`/card-views/${id}`)
    },
    ...reread,
  })
  const forget = useMutation({
    mutationFn: ({ id }: SavedView) => remove(`/card-views/${id}`),
    onSuccess: (_none, { id, ...wish }) =>
      showDone({
        id: `view-${id}`,
        message: t('process.views.removed', { title: wish.title }),
        word: t('process.takeBack'),
        undo: () => save.mutate(wish),
      }),
    ...reread,
  })
  const here = addressOf({ pipeline, title: '', query: Object.fromEntries(searchFrom(query)) })
  const keep = (event: FormEvent): void => {
    event.preventDefault()
    const named = title.trim()
    if (named === '') return
    const { pipeline: _own, ...kept } = Object.fromEntries(searchFrom(query))
    save.mutate({ pipeline, title: named, query: kept }, { onSuccess: () => setTitle('') })
  }
  const current = own.find((view) => addressOf(view) === here)
  const failed = save.error ?? forget.error
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-start" shadow="md" width={330} trapFocus withinPortal>
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconBookmark size={16} />}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          <span className={classes['current']}>{current?.title ?? t('process.views.title')}</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          {views.data === undefined && views.error !== null && (
            <Failed error={views.error} retry={() => void views.refetch()} />
          )}
          {views.data !== undefined && own.length === 0 && (
            <Text size="sm" className="quiet">
              {t('process.views.none')}
            </Text>
          )}
          {own.length > 0 && (
            <ul className={classes['list']}>
              {own.map((view) => (
                <li key={view.id}>
                  <Link
                    href={addressOf(view)}
                    aria-current={view.id === current?.id ? 'true' : undefined}
                    onClick={() => setOpen(false)}
                  >
                    {view.title}
                  </Link>
                  <CopyButton value={`${window.location.origin}${addressOf(view)}`}>
                    {({ copied, copy }) => (
                      <ActionIcon
                        variant="subtle"
                        color="gray"
                        aria-label={t(copied ? 'app.copied' : 'process.views.share', { title: view.title })}
                        onClick={copy}
                      >
                        {copied ? <IconCheck size={16} /> : <IconLink size={16} />}
                      </ActionIcon>
                    )}
                  </CopyButton>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={t('process.views.remove', { title: view.title })}
                    onClick={() => forget.mutate(view)}
                  >
                    <IconTrash size={16} />
                  </ActionIcon>
                </li>
              ))}
            </ul>
          )}
          <form onSubmit={keep}>
            <Group gap="xs" align="flex-end" wrap="nowrap">
              <TextInput
                label={t('process.views.name')}
                maxLength={80}
                style={{ flex: 1 }}
                data-autofocus={own.length === 0 ? true : undefined}
                value={title}
                onChange={(event) => setTitle(event.currentTarget.value)}
              />
              <Button type="submit" variant="default" disabled={title.trim() === ''} loading={save.isPending}>
                {t('process.save')}
              </Button>
            </Group>
          </form>
          {failed !== null && (
            <Text size="xs" c="var(--tone-stop)" role="alert">
              {refusalWords(failed, t)}
            </Text>
          )}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}
