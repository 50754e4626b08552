import { Alert, Button, Kbd, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import type { FieldValue, FieldView, Outcome, Task, Values } from '../api/process.ts'
import { Facts } from '../design/facts.tsx'
import { FieldInput } from '../fields/field-input.tsx'
import { askWords, isFilled, valueWords } from '../fields/field-words.ts'
import { useWords } from '../language/language.ts'
import { refusalWords } from '../language/problem-words.ts'
import { useNow } from '../live/now.ts'
import classes from './outcome-form.module.css'
import { closeTask, rereadCards } from './process-queries.ts'

type Filled = { readonly set: Values; readonly answer: Values; readonly comment: string }

/** Pure. What this outcome still lacks: titles of fields, answers, a comment. */
export function lacking(
  task: Task,
  outcome: Outcome,
  { set, answer, comment }: Filled,
  comment_: string,
): readonly string[] {
  const fields = outcome.need.flatMap((path) => {
    const field = task.form.find((one) => one.field === path)
    return field === undefined || isFilled(set[path] ?? field.value) ? [] : [field.title]
  })
  const answers = outcome.ask.filter(({ name }) => !isFilled(answer[name])).map(({ name }) => name)
  return [...fields, ...answers, ...(outcome.comment === 'required' && comment.trim() === '' ? [comment_] : [])]
}

/** An extra answer that an outcome asks for. */
function AnswerInput(props: {
  readonly name: string
  readonly type: string
  readonly value: FieldValue
  readonly onValue: (value: FieldValue) => void
}): ReactNode {
  const { t } = useWords()
  const { name, type, value, onValue } = props
  return (
    <FieldInput kind={{ field: name, title: askWords(name, t), type, list: false }} value={value} onValue={onValue} />
  )
}

/** Shown before any outcome is chosen: what to look at, and the fields to fill. */
function Form(props: {
  readonly task: Task
  readonly set: Values
  readonly wrong: readonly string[]
  readonly onSet: (field: FieldView, value: FieldValue) => void
}): ReactNode {
  const { task, set, wrong, onSet } = props
  const { t, language } = useWords()
  const now = useNow(60)
  const known = task.show.flatMap((field) => {
    const words = valueWords(field, field.value, field.label, { t, language, now })
    return words === '' ? [] : [{ word: field.title, value: words }]
  })
  return (
    <>
      {known.length > 0 && <Facts facts={known} />}
      {task.form.map((field) =>
        field.access === 'write' ? (
          <FieldInput
            key={field.field}
            kind={field}
            card={task.card}
            named={field.label}
            value={set[field.field] ?? field.value}
            error={wrong.includes(field.title) ? t('process.needed') : undefined}
            onValue={(value) => onSet(field, value)}
          />
        ) : (
          <Text size="sm" key={field.field}>
            {field.title}: {valueWords(field, field.value, field.label, { t, language, now }) || t('app.unknown')}
          </Text>
        ),
      )}
    </>
  )
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.matches('input, textarea, select') || target.isContentEditable)

/** A task: what it asks for, and its outcomes as buttons; `keys` also answers to 1…9. */
export function OutcomeForm(props: {
  readonly task: Task
  readonly keys: boolean
  readonly onClosed: () => void
}): ReactNode {
  const { task, keys, onClosed } = props
  const { t } = useWords()
  const client = useQueryClient()
  const [filled, setFilled] = useState<Filled>({ set: {}, answer: {}, comment: '' })
  const [tried, setTried] = useState<Outcome | null>(null)
  const close = useMutation({
    mutationFn: (outcome: Outcome) => {
      // A field that stands in the form as it is goes along: need is judged by what is on screen.
      const answer = Object.fromEntries(outcome.ask.map(({ name }) => [name, filled.answer[name] ?? null]))
      return closeTask({ task: task.id, outcome: outcome.id, ...filled, answer })
    },
    onSuccess: () => {
      void rereadCards(client)
      onClosed()
    },
  })
  const wrong = tried === null ? [] : lacking(task, tried, filled, t('process.comment'))
  const choose = (outcome: Outcome): void => {
    if (close.isPending) return
    setTried(outcome)
    if (lacking(task, outcome, filled, t('process.comment')).length === 0) close.mutate(outcome)
  }
  const chosen = useRef(choose)
  chosen.current = choose
  useEffect(() => {
    if (!keys) return
    const press = (event: KeyboardEvent): void => {
      if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return
      const outcome = /^[1-9]$/.test(event.key) ? task.outcomes[Number(event.key) - 1] : undefined
      if (outcome === undefined) return
      event.preventDefault()
      chosen.current(outcome)
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [keys, task])
  const asksComment = task.outcomes.some(({ comment }) => comment !== null)
  return (
    <Stack gap="sm">
      {task.help !== null && task.help !== '' && <Text size="sm">{task.help}</Text>}
      <Form
        task={task}
        set={filled.set}
        wrong={wrong}
        onSet={({ field }, value) => setFilled((before) => ({ ...before, set: { ...before.set, [field]: value } }))}
      />
      {tried?.ask.map(({ name, type }) => (
        <AnswerInput
          key={name}
          name={name}
          type={type}
          value={filled.answer[name] ?? null}
          onValue={(value) => setFilled((before) => ({ ...before, answer: { ...before.answer, [name]: value } }))}
        />
      ))}
      {asksComment ? (
        <Textarea
          label={t('process.comment')}
          autosize
          minRows={2}
          value={filled.comment}
          onChange={(event) => setFilled({ ...filled, comment: event.currentTarget.value })}
        />
      ) : (
        <TextInput
          label={t('process.resultNote')}
          value={filled.comment}
          onChange={(event) => setFilled({ ...filled, comment: event.currentTarget.value })}
        />
      )}
      {wrong.length > 0 && tried !== null && (
        <Alert color="orange" role="alert" data-testid="lacking">
          {t('process.lacks', { outcome: tried.title, what: wrong.join(', ') })}
        </Alert>
      )}
      {close.isError && (
        <Alert color="red" role="alert" style={{ whiteSpace: 'pre-line' }}>
          {refusalWords(close.error, t)}
        </Alert>
      )}
      <div className={classes['outcomes']}>
        {task.outcomes.map((outcome, index) => (
          <Button
            key={outcome.id}
            variant={index === 0 ? 'filled' : 'default'}
            loading={close.isPending && tried?.id === outcome.id}
            onClick={() => choose(outcome)}
            leftSection={keys && index < 9 ? <Kbd size="xs">{index + 1}</Kbd> : undefined}
          >
            {outcome.title}
          </Button>
        ))}
      </div>
    </Stack>
  )
}
