import { Alert, Button, FileInput, Group, Stack, Text } from '@mantine/core'
import { IconCamera, IconClock } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import type { FieldView, Outcome, Values } from '../api/process.ts'
import { serverNow } from '../api/server-clock.ts'
import { Panel } from '../design/page.tsx'
import { FieldInput } from '../fields/field-input.tsx'
import { FieldFacts } from '../fields/field-value.tsx'
import { askWords } from '../fields/field-words.ts'
import { lengthWords } from '../fields/length.ts'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { missing, type Standing } from './plan.ts'
import { add, type NewItem } from './queue.ts'

const MOST_BYTES = 12 * 1024 * 1024
const TAKEN = 'image/jpeg,image/png,image/webp,application/pdf'
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')

/** Tasks that run by the clock: what the person sees is how long. */
const CLOCKED = new Set(['c_work', 'c_resume'])

/** One task: what is known, what is asked, and its outcomes as buttons, each closed until what it needs is there. */
export function TaskCard(props: {
  readonly task: Standing
  readonly account: string
  readonly onKept: () => void
}): ReactNode {
  const { task, account, onKept } = props
  const { t, language } = useWords()
  const now = useNow(10)
  const [set, setSet] = useState<Values>({})
  const [answer, setAnswer] = useState<Values>({})
  const [files, setFiles] = useState<Readonly<Record<string, readonly File[]>>>({})
  const [problem, setProblem] = useState<string | null>(null)
  const photos = new Map(Object.entries(files).map(([field, list]) => [field, list.length]))
  const asks = [...new Map(task.outcomes.flatMap(({ ask }) => ask).map((one) => [one.name, one])).values()].filter(
    ({ name }) => name !== 'at',
  )

  const press = async (outcome: Outcome): Promise<void> => {
    const at = serverNow()
    const common = {
      account,
      card: task.card,
      cardNo: task.cardNo,
      title: task.title,
      at,
      state: 'waiting',
      why: null,
      sentAt: null,
    } as const
    const chosen = Object.entries(files).flatMap(([field, list]) =>
      list.map((file) => ({ field, file, key: newKey() })),
    )
    const own: NewItem[] = []
    for (const { field, file, key } of chosen)
      own.push({
        ...common,
        kind: 'photo',
        key,
        field,
        name: file.name,
        type: file.type,
        bytes: await file.arrayBuffer(),
        file: null,
      })
    const taken = new Set(outcome.ask.map(({ name }) => name))
    own.push({
      ...common,
      kind: 'close',
      key: newKey(),
      task: task.id,
      template: task.template,
      outcome: outcome.id,
      outcomeTitle: outcome.title,
      set,
      answer: {
        ...Object.fromEntries(Object.entries(answer).filter(([name]) => taken.has(name))),
        ...(taken.has('at') ? { at } : {}),
      },
      photos: Object.fromEntries(
        task.form
          .filter(({ field }) => chosen.some((one) => one.field === field))
          .map(({ field, list, value }) => [
            field,
            {
              list,
              have: Array.isArray(value) ? value.map(String) : [],
              keys: chosen.filter((one) => one.field === field).map(({ key }) => key),
            },
          ]),
      ),
    })
    try {
      await add(own)
      onKept()
    } catch {
      // A full or locked store: the person has to know that nothing was kept.
      setProblem(t('mechanic.notKept'))
    }
  }
  const choose = (field: FieldView, list: readonly File[]): void => {
    const heavy = list.find(({ size }) => size > MOST_BYTES)
    setProblem(heavy === undefined ? null : t('mechanic.heavy', { name: heavy.name }))
    setFiles({ ...files, [field.field]: list.filter(({ size }) => size <= MOST_BYTES) })
  }

  return (
    <Panel title={t('mechanic.card', { no: task.cardNo })}>
      <Stack gap="sm" data-testid="task">
        <Group justify="space-between" gap="xs">
          <Text fw={600}>{task.title}</Text>
          {task.dueAt !== null && (
            <Text size="sm" {...(task.dueAt < now ? { c: 'var(--tone-stop)' } : { className: 'quiet' })}>
              {t(task.dueAt < now ? 'mechanic.late' : 'mechanic.due', { at: sinceWords(task.dueAt, now, language) })}
            </Text>
          )}
        </Group>
        {CLOCKED.has(task.template) && (
          <Group gap={6}>
            <IconClock size={16} aria-hidden="true" />
            <Text size="sm">
              {t(task.template === 'c_work' ? 'mechanic.working' : 'mechanic.paused', {
                at: sinceWords(task.since, now, language),
                length: lengthWords(Math.max(0, now - task.since), language),
              })}
            </Text>
          </Group>
        )}
        {task.help !== null && <Text size="sm">{task.help}</Text>}
        <FieldFacts fields={task.show} />
        {task.form.map((field) =>
          field.type === 'file' ? (
            field.list ? (
              <FileInput
                key={field.field}
                label={field.title}
                description={
                  Array.isArray(field.value) && field.value.length > 0
                    ? t('mechanic.have', { count: field.value.length })
                    : undefined
                }
                placeholder={t('mechanic.photo')}
                leftSection={<IconCamera size={16} />}
                accept={TAKEN}
                multiple
                clearable
                value={[...(files[field.field] ?? [])]}
                onChange={(list) => choose(field, list)}
              />
            ) : (
              <FileInput
                key={field.field}
                label={field.title}
                placeholder={t('mechanic.photo')}
                leftSection={<IconCamera size={16} />}
                accept={TAKEN}
                clearable
                value={files[field.field]?.[0] ?? null}
                onChange={(file) => choose(field, file === null ? [] : [file])}
              />
            )
          ) : (
            <FieldInput
              key={field.field}
              kind={field}
              named={field.label}
              value={set[field.field] ?? field.value}
              onValue={(value) => setSet({ ...set, [field.field]: value })}
            />
          ),
        )}
        {asks.map(({ name, type }) => (
          <FieldInput
            key={name}
            kind={{ field: name, title: askWords(name, t), type, list: false }}
            value={answer[name] ?? null}
            onValue={(value) => setAnswer({ ...answer, [name]: value })}
          />
        ))}
        {problem !== null && (
          <Alert color="red" role="alert">
            {problem}
          </Alert>
        )}
        <Group gap="xs">
          {task.outcomes.map((outcome) => {
            const lacks = missing(task, outcome, set, answer, photos, (name) => askWords(name, t))
            return (
              <div key={outcome.id}>
                <Button size="md" disabled={lacks.length > 0} onClick={() => void press(outcome)}>
                  {outcome.title}
                </Button>
                {lacks.length > 0 && (
                  <Text size="xs" className="quiet" maw={260}>
                    {t('mechanic.lacks', { what: lacks.join(', ') })}
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
