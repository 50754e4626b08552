import { Alert, Anchor, Button, Group, SegmentedControl, Stack, Text, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { get, post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { Outcome, Task, Values } from '../api/process.ts'
import { Page, Panel, Quiet } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { ToneWord } from '../design/tone-word.tsx'
import { FieldInput } from '../fields/field-input.tsx'
import { FieldFacts } from '../fields/field-value.tsx'
import { isFilled } from '../fields/field-words.ts'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { refusalWords } from '../language/problem-words.ts'
import { useNow } from '../live/now.ts'
import { CARDS } from '../processes/process-queries.ts'

const TASKS = 'tasks'
const KINDS = ['all', 'ask', 'acknowledge', 'take'] as const
type Kind = (typeof KINDS)[number]
type Tasks = { readonly items: readonly Task[] }

/** One that waits: what it is about, what is asked, a reason where one is due, and the decision. */
function Waiting({ task }: { readonly task: Task }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(30)
  const [set, setSet] = useState<Values>({})
  const [comment, setComment] = useState('')
  const wantsComment = task.outcomes.some((outcome) => outcome.comment !== null)
  const decide = useChange(
    (outcome: Outcome) =>
      post<{ readonly card: string }>(`/tasks/${encodeURIComponent(task.id)}/outcomes`, {
        outcome: outcome.id,
        set,
        ...(comment.trim() === '' ? {} : { comment: comment.trim() }),
      }),
    { touches: [TASKS, CARDS], done: t('approvals.done') },
  )
  const lacksOf = (outcome: Outcome): readonly string[] => [
    ...outcome.need.flatMap((name) => {
      const field = task.form.find((one) => one.field === name)
      return field !== undefined && !isFilled(set[name] ?? field.value) ? [field.title] : []
    }),
    ...(outcome.comment === 'required' && comment.trim() === '' ? [t('approvals.reason')] : []),
  ]
  const due = Date.parse(task.dueAt)
  return (
    <Panel
      title={t(`approvals.kinds.${task.kind}`)}
      actions={
        <ToneWord tone={due < now ? 'stop' : 'wait'}>
          {t(due < now ? 'approvals.late' : 'approvals.due', { at: sinceWords(due, now, language) })}
        </ToneWord>
      }
    >
      <Stack gap="sm" data-testid="waiting">
        <Group gap="xs" justify="space-between">
          <Text fw={600}>{task.title}</Text>
          <Anchor component={Link} href={`/processes/cards/${task.card}`} size="sm">
            {t('approvals.card', { no: task.cardNo })}
          </Anchor>
        </Group>
        <FieldFacts fields={task.show} />
        {task.form.map((field) => (
          <FieldInput
            key={field.field}
            kind={field}
            named={field.label}
            card={task.card}
            value={set[field.field] ?? field.value}
            onValue={(value) => setSet((before) => ({ ...before, [field.field]: value }))}
          />
        ))}
        {wantsComment && (
          <Textarea
            label={t('approvals.reason')}
            autosize
            minRows={2}
            maxLength={2000}
            value={comment}
            onChange={(event) => setComment(event.currentTarget.value)}
          />
        )}
        {decide.isError && (
          <Alert color="red" role="alert" style={{ whiteSpace: 'pre-line' }}>
            {refusalWords(decide.error, t)}
          </Alert>
        )}
        <Group gap="xs">
          {task.outcomes.map((outcome, index) => {
            const lacks = lacksOf(outcome)
            return (
              <div key={outcome.id}>
                <Button
                  variant={index === 0 ? 'filled' : 'default'}
                  loading={decide.isPending && decide.variables?.id === outcome.id}
                  disabled={lacks.length > 0 || decide.isPending}
                  onClick={() => decide.mutate(outcome)}
                >
                  {outcome.title}
                </Button>
                {lacks.length > 0 && (
                  <Text size="xs" className="quiet" maw={220}>
                    {t('approvals.lacks', { what: lacks.join(', ') })}
                  </Text>
                )}
              </div>
            )
          })}
        </Group>
      </Stack>
    </Panel>
  )
}

/** What waits for my word: approvals, readings to confirm, and work for whoever answers first. */
export function ApprovalsPage(): ReactNode {
  const { t } = useWords()
  const [kind, setKind] = useState<Kind>('all')
  const tasks = useQuery({
    queryKey: [TASKS, 'mine'],
    queryFn: ({ signal }) => get<Tasks>('/tasks?limit=500', signal),
    refetchInterval: 20_000,
  })
  return (
    <Page title={t('approvals.title')} lead={t('approvals.lead')}>
      <QueryView query={tasks} loading={<Loading lines={3} height={90} />}>
        {({ items }) => {
          const waiting = items.filter((task) => task.kind !== 'task')
          const count = (one: Kind): number => waiting.filter((task) => one === 'all' || task.kind === one).length
          const shown = waiting.filter((task) => kind === 'all' || task.kind === kind)
          return (
            <Stack gap="md" maw={760}>
              <SegmentedControl
                aria-label={t('approvals.title')}
                data={KINDS.map((one) => ({ value: one, label: `${t(`approvals.tabs.${one}`)} ${count(one)}` }))}
                value={kind}
                onChange={(value) => setKind(KINDS.find((one) => one === value) ?? 'all')}
                size="xs"
                style={{ alignSelf: 'flex-start', maxWidth: '100%', overflowX: 'auto' }}
              />
              {shown.length === 0 && <Quiet>{t('approvals.none')}</Quiet>}
              {shown.map((task) => (
                <Waiting key={task.id} task={task} />
              ))}
            </Stack>
          )
        }}
      </QueryView>
    </Page>
  )
}
