import { Alert, Button, Skeleton, Stack } from '@mantine/core'
import { IconClockExclamation, IconPlugConnectedX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { serverTimeOf } from '../api/server-clock.ts'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { problemWords } from '../language/problem-words.ts'
import { useLinkState } from '../live/link-status.ts'
import { useNow } from '../live/now.ts'
import { Note } from './note.tsx'
import classes from './page.module.css'

/** A few grey bars where lines will be. */
export function Loading({ lines = 3, height = 18 }: { readonly lines?: number; readonly height?: number }): ReactNode {
  const { t } = useWords()
  return (
    <Stack gap="sm" role="status" aria-label={t('app.loading')}>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars are all alike and never move
        <Skeleton key={line} height={height} width={line % 3 === 2 ? '60%' : '100%'} />
      ))}
    </Stack>
  )
}

/** What went wrong while reading, and the button to read again. */
export function Failed({ error, retry }: { readonly error: unknown; readonly retry: () => void }): ReactNode {
  const { t } = useWords()
  return (
    <Alert color="red" variant="light" icon={<IconPlugConnectedX size={18} />} role="alert">
      <Stack gap="xs" align="flex-start">
        <span>{problemWords(error, t, 'reading')}</span>
        <Button size="xs" variant="default" onClick={retry}>
          {t('app.retry')}
        </Button>
      </Stack>
    </Alert>
  )
}

type Query<T> = {
  readonly data: T | undefined
  readonly error: unknown
  /** Epoch ms by the browser's clock. */
  readonly dataUpdatedAt: number
  readonly refetch: () => unknown
}

/** Says that what stands below is old, why, and since when; silent while the banner says it for the whole screen. */
function Stale({ query }: { readonly query: Omit<Query<unknown>, 'data'> }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(30)
  if (useLinkState() === 'down') return null
  const readAt = serverTimeOf(query.dataUpdatedAt)
  return (
    <div className={classes['stale']} role="status" data-testid="stale">
      <Note tone="wait" icon={<IconClockExclamation size={18} />}>
        {problemWords(query.error, t, 'reading')} {t('app.stale', { at: sinceWords(readAt, now, language) })}{' '}
        <Button size="compact-xs" variant="default" onClick={() => void query.refetch()}>
          {t('app.retry')}
        </Button>
      </Note>
    </div>
  )
}

/** Loading, failed or the data: data already on screen stay there while a new reading fails, with a word that they are old. `whole`: it is a page of its own. */
export function QueryView<T>(props: {
  readonly query: Query<T>
  readonly loading?: ReactNode
  readonly whole?: boolean
  readonly children: (data: T) => ReactNode
}): ReactNode {
  const { query, loading, whole = false, children } = props
  const isFailed = query.error !== null && query.error !== undefined
  if (query.data !== undefined)
    return (
      <>
        {isFailed && <Stale query={query} />}
        {children(query.data)}
      </>
    )
  const shown = isFailed ? <Failed error={query.error} retry={() => void query.refetch()} /> : (loading ?? <Loading />)
  return whole ? <div className={classes['page']}>{shown}</div> : shown
}
