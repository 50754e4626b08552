import { Anchor, Button, Group, NativeSelect, Text, Textarea } from '@mantine/core'
import { IconExternalLink } from '@tabler/icons-react'
import { type UseQueryResult, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import { get, post } from '../api/api-client.ts'
import { Problem } from '../api/problem.ts'
import type { Task, Workplace } from '../api/process.ts'
import type { Page as Listed } from '../api/timeline.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { Columns, Page, Panel, Quiet } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { ToneWord } from '../design/tone-word.tsx'
import { plateOr } from '../fields/field-words.ts'
import { spanWords } from '../language/age.ts'
import { useWords } from '../language/language.ts'
import { clockWords, momentWords } from '../language/moment.ts'
import { refusalWords } from '../language/problem-words.ts'
import { useNow } from '../live/now.ts'
import { OutcomeForm } from './outcome-form.tsx'
import { CARDS } from './process-queries.ts'

/** Open round the clock: there is no hour to tell. */
const DAY_MS = 86_400_000
const WORKPLACE = [CARDS, 'workplace'] as const

/** `take`: a task is given to this person; otherwise only the counters are read. */
const useWorkplace = (place: string | null, take: boolean): UseQueryResult<Workplace> =>
  useQuery({
    queryKey: [...WORKPLACE, place, take],
    queryFn: () =>
      post<Workplace>('/workplace/next', { take: take ? 'yes' : 'no', ...(place === null ? {} : { place }) }),
    refetchInterval: 30_000,
    // Asked again after an answer of no for want of a place, it would answer the same.
    retry: false,
  })

const taskName = (task: Task): string => (task.cardTitle === null ? `№ ${task.cardNo}` : plateOr(task.cardTitle))

function PostponeDialog(props: {
  readonly task: Task
  readonly place: string
  readonly onDone: () => void
  readonly onClose: () => void
}): ReactNode {
  const { t } = useWords()
  const [reason, setReason] = useState('')
  const skip = useMutation({
    mutationFn: () => post<null>('/workplace/skips', { task: props.task.id, reason, place: props.place }),
    onSuccess: props.onDone,
  })
  return (
    <AskDialog
      title={t('workplace.postpone')}
      submit={t('workplace.postpone')}
      change={skip}
      ready={reason.trim().length >= 3}
      onSubmit={() => skip.mutate()}
      onClose={props.onClose}
    >
      <Text size="sm">{t('workplace.postponeLead')}</Text>
      <Textarea
        label={t('workplace.why')}
        data-autofocus
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </AskDialog>
  )
}

function Waiting({ place }: { readonly place: Workplace }): ReactNode {
  const { t } = useWords()
  return (
    <Panel title={t('workplace.waiting')}>
      {place.waiting.length === 0 && <Quiet>{t('workplace.nothingWaits')}</Quiet>}
      {place.waiting.map(({ template, title, count, late }) => (
        <Group key={template} justify="space-between" gap="xs" wrap="nowrap" mb={4}>
          <Text size="sm">{title}</Text>
          <Text size="sm" style={{ flex: 'none' }}>
            {late > 0 && (
              <>
                <ToneWord tone="stop">{t('workplace.late', { count: late })}</ToneWord>{' '}
              </>
            )}
            <b>{count}</b>
          </Text>
        </Group>
      ))}
    </Panel>
  )
}

function Current(props: {
  readonly place: Workplace
  readonly task: Task
  readonly onNext: () => void
  readonly onRest: () => void
}): ReactNode {
  const { place, task, onNext, onRest } = props
  const { t, language } = useWords()
  const now = useNow(10)
  const [postponing, setPostponing] = useState(false)
  const giveBack = useMutation({
    mutationFn: () => post<null>('/workplace/returns', { task: task.id }),
    onSuccess: onRest,
  })
  const late = now - Date.parse(task.dueAt)
  return (
    <section className="panel" data-testid="task" data-task={task.id} aria-live="polite">
      <Text size="sm" className="quiet">
        {task.pipelineTitle} · {task.stageTitle}
      </Text>
      <h2 style={{ margin: '2px 0 4px', fontSize: '1.25rem', color: 'var(--text)' }}>{task.title}</h2>
      <Group gap="sm" mb="md">
        <Anchor component={Link} href={`/processes/cards/${task.card}`} fw={600}>
          {taskName(task)} <IconExternalLink size={14} aria-hidden="true" />
        </Anchor>
        {late > 0 ? (
          <ToneWord tone="stop">{t('process.lateFor', { span: spanWords(late, language) })}</ToneWord>
        ) : (
          <Quiet>{t('process.dueAt', { at: momentWords(Date.parse(task.dueAt), now, language) })}</Quiet>
        )}
        <Quiet>{t('workplace.waitsSince', { span: spanWords(now - Date.parse(task.openFrom), language) })}</Quiet>
      </Group>
      <OutcomeForm key={task.id} task={task} keys={!postponing} onClosed={onNext} />
      <Group gap="xs" mt="lg">
        <Button variant="subtle" size="xs" disabled={place.skipsLeft === 0} onClick={() => setPostponing(true)}>
          {t('workplace.postponeLeft', { count: place.skipsLeft })}
        </Button>
        <Button variant="subtle" size="xs" loading={giveBack.isPending} onClick={() => giveBack.mutate()}>
          {t('workplace.giveBack')}
        </Button>
      </Group>
      {giveBack.isError && (
        <Text size="sm" c="red" role="alert" style={{ whiteSpace: 'pre-line' }}>
          {refusalWords(giveBack.error, t)}
        </Text>
      )}
      {postponing && (
        <PostponeDialog
          task={task}
          place={place.id}
          onDone={() => {
            setPostponing(false)
            onNext()
          }}
          onClose={() => setPostponing(false)}
        />
      )}
    </section>
  )
}

function Empty({ place }: { readonly place: Workplace }): ReactNode {
  const { t, language } = useWords()
  return (
    <section className="panel" data-testid="no-task">
      <Text fw={650}>{t(place.open ? 'workplace.empty' : 'workplace.closed')}</Text>
      <Text size="sm" className="quiet">
        {!place.open && place.from !== null
          ? t('workplace.opensAt', { at: clockWords(place.from, language) })
          : place.nextAt === null
            ? t('workplace.nothingAhead')
            : t('workplace.nextAt', { at: clockWords(place.nextAt.at, language), title: place.nextAt.title })}
      </Text>
    </section>
  )
}

/** Somebody without a workplace of his own, a head for one, still has tasks. */
function OwnTasks(): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const tasks = useQuery({
    queryKey: [CARDS, 'own-tasks'],
    queryFn: async ({ signal }) => (await get<Listed<Task>>('/tasks?whose=mine&limit=100', signal)).items,
    refetchInterval: 60_000,
  })
  return (
    <Page title={t('workplace.title')} lead={t('workplace.noPlace')}>
      <QueryView query={tasks} loading={<Loading lines={5} height={44} />}>
        {(known) =>
          known.length === 0 ? (
            <Quiet>{t('workplace.noOwn')}</Quiet>
          ) : (
            known.map((task) => (
              <div key={task.id} className="panel" style={{ marginBottom: 8 }}>
                <Anchor component={Link} href={`/processes/cards/${task.card}`} fw={600} c="inherit">
                  {task.title}: {taskName(task)}
                </Anchor>
                <Quiet>
                  {task.pipelineTitle} · {task.stageTitle} ·{' '}
                  {t('process.dueAt', { at: momentWords(Date.parse(task.dueAt), now, language) })}
                </Quiet>
              </div>
            ))
          )
        }
      </QueryView>
    </Page>
  )
}

/** One task at a time, by the priority that the head has set; its outcomes are buttons and keys. */
export function WorkplacePage(): ReactNode {
  const { t, language } = useWords()
  const client = useQueryClient()
  const [search, setSearch] = useSearchParams()
  const chosen = search.get('place')
  const [isResting, setResting] = useState(false)
  const workplace = useWorkplace(chosen, !isResting)
  if (workplace.error instanceof Problem && workplace.error.facts.code === 'workplace/none') return <OwnTasks />
  const next = (): void => void client.invalidateQueries({ queryKey: WORKPLACE })
  return (
    <QueryView whole query={workplace} loading={<Loading lines={6} height={44} />}>
      {(place) => (
        <Page
          title={place.title}
          lead={[
            t('workplace.left', { count: place.left }),
            t('workplace.done', { count: place.done }),
            ...(place.until === null || place.from === null || place.until - place.from >= DAY_MS
              ? []
              : [t('workplace.until', { at: clockWords(place.until, language) })]),
          ].join(' · ')}
          actions={
            place.places.length > 1 && (
              <NativeSelect
                aria-label={t('workplace.choose')}
                data={place.places.map(({ id, title, waiting }) => ({ value: id, label: `${title} (${waiting})` }))}
                value={place.id}
                onChange={(event) => setSearch({ place: event.currentTarget.value })}
              />
            )
          }
        >
          <Columns
            main={
              isResting ? (
                <section className="panel">
                  <Text mb="sm">{t('workplace.resting')}</Text>
                  <Button onClick={() => setResting(false)}>{t('workplace.take')}</Button>
                </section>
              ) : place.task === null ? (
                <Empty place={place} />
              ) : (
                <Current place={place} task={place.task} onNext={next} onRest={() => setResting(true)} />
              )
            }
            side={<Waiting place={place} />}
          />
        </Page>
      )}
    </QueryView>
  )
}
