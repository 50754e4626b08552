import { Button, Stack, Text } from '@mantine/core'
import { IconCloudOff, IconCloudUp } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useCallback, useEffect, useState } from 'react'
import { get } from '../api/api-client.ts'
import { type Problem, Unreachable } from '../api/problem.ts'
import { serverNow } from '../api/server-clock.ts'
import type { User } from '../api/session.ts'
import { Note } from '../design/note.tsx'
import { Page, Quiet } from '../design/page.tsx'
import { Failed, Loading } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { refusalWords } from '../language/problem-words.ts'
import { useNow } from '../live/now.ts'
import { OutboxList } from './outbox-list.tsx'
import { type Pack, standing } from './plan.ts'
import { forgetSent, itemsOf, type Kept, keep, keptOf, lastKept } from './queue.ts'
import { canOpenOffline, keepShell } from './shell-cache.ts'
import { type Round, sync } from './sync.ts'
import { TaskCard } from './task-card.tsx'

const OUTBOX = 'mechanic-outbox'
const RETRY_MS = 15_000

/** The newest tasks from the server, kept on the phone; those that were kept while it does not answer. */
async function readPack(user: User, signal: AbortSignal): Promise<Kept & { readonly fresh: boolean }> {
  try {
    const kept = { user, at: serverNow(), pack: await get<Pack>('/mechanic', signal) }
    await keep(kept)
    return { ...kept, fresh: true }
  } catch (cause) {
    const kept = cause instanceof Unreachable ? await keptOf(user.id) : null
    if (kept === null) throw cause
    return { ...kept, fresh: false }
  }
}

/** Work of a mechanic, with a network or without one: what is pressed is kept on the phone until the server has answered. */
export function MechanicPage({ user }: { readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const client = useQueryClient()
  const now = useNow(30)
  const [round, setRound] = useState<Round | 'going'>('all-sent')
  const pack = useQuery({
    queryKey: ['mechanic', user.id],
    queryFn: ({ signal }) => readPack(user, signal),
    refetchInterval: RETRY_MS,
    retry: false,
  })
  const outbox = useQuery({ queryKey: [OUTBOX, user.id], queryFn: () => itemsOf(user.id), staleTime: 0 })

  const send = useCallback(async (): Promise<void> => {
    const say = (problem: Problem): string => refusalWords(problem, t)
    const waiting = (await itemsOf(user.id)).some(({ state }) => state === 'waiting')
    if (waiting) {
      setRound('going')
      setRound(await sync(user.id, say, t('mechanic.lost')))
      // Tasks first: what was sent leaves the list only when the server's own list says so.
      await client.refetchQueries({ queryKey: ['mechanic', user.id] })
    }
    await client.invalidateQueries({ queryKey: [OUTBOX] })
  }, [client, t, user.id])

  useEffect(() => {
    const again = (): void => void send()
    void forgetSent(user.id, serverNow())
    again()
    keepShell().catch(() => undefined)
    window.addEventListener('online', again)
    const timer = window.setInterval(again, RETRY_MS)
    return () => {
      window.removeEventListener('online', again)
      window.clearInterval(timer)
    }
  }, [send, user.id])

  const items = outbox.data ?? []
  const waiting = items.filter(({ state }) => state === 'waiting').length
  const offline = pack.data?.fresh === false || round === 'no-network'
  const tasks = pack.data === undefined ? [] : standing(pack.data.pack, items)
  return (
    <Page title={t('mechanic.title')} lead={t('mechanic.lead')}>
      <Stack gap="md" maw={720}>
        <div role="status" data-testid="link">
          {offline ? (
            <Note tone="wait" icon={<IconCloudOff size={18} />}>
              {t('mechanic.offline')}
              {pack.data !== undefined && (
                <Text size="sm">{t('mechanic.asOf', { at: sinceWords(pack.data.at, now, language) })}</Text>
              )}
            </Note>
          ) : (
            waiting > 0 && (
              <Note tone="accent" icon={<IconCloudUp size={18} />}>
                {t(round === 'session' ? 'mechanic.signIn' : 'mechanic.sending', { count: waiting })}
              </Note>
            )
          )}
        </div>
        {pack.data === undefined && pack.error !== null && <Failed error={pack.error} retry={() => pack.refetch()} />}
        {pack.data === undefined && pack.error === null && <Loading lines={3} height={80} />}
        {pack.data !== undefined && tasks.length === 0 && <Quiet>{t('mechanic.none')}</Quiet>}
        {tasks.map((task) => (
          <TaskCard key={task.key} task={task} account={user.id} onKept={() => void send()} />
        ))}
        <OutboxList items={items} onChanged={() => void send()} />
        {!canOpenOffline() && <Quiet>{t('mechanic.noWorker')}</Quiet>}
      </Stack>
    </Page>
  )
}

/** The page without a server to ask who is there: for the person who last opened it, until the network is back. */
export function OfflineMechanic({ error, retry }: { readonly error: unknown; readonly retry: () => void }): ReactNode {
  const { t } = useWords()
  const kept = useQuery({ queryKey: ['mechanic-kept'], queryFn: lastKept, staleTime: Number.POSITIVE_INFINITY })
  useEffect(() => {
    window.addEventListener('online', retry)
    const timer = window.setInterval(retry, RETRY_MS)
    return () => {
      window.removeEventListener('online', retry)
      window.clearInterval(timer)
    }
  }, [retry])
  if (kept.data === undefined) return <Loading />
  if (kept.data === null) return <Failed error={error} retry={retry} />
  return (
    <main>
      <MechanicPage user={kept.data.user} />
      <Stack align="center" pb="lg">
        <Text size="sm" className="quiet">
          {t('mechanic.who', { name: kept.data.user.name })}
        </Text>
        <Button variant="default" size="xs" onClick={retry}>
          {t('app.retry')}
        </Button>
      </Stack>
    </main>
  )
}
