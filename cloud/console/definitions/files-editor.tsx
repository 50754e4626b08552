import { Alert, Button, Code, Group, NativeSelect, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { type ReactNode, useRef, useState } from 'react'
import { post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import { Panel } from '../design/page.tsx'
import { ToneWord } from '../design/tone-word.tsx'
import { useWords } from '../language/language.ts'
import { refusalWords } from '../language/problem-words.ts'
import { DEFINITIONS, type Mistake, type SourceFile } from './queries.ts'

/** Pure. Where a line begins in a text, counted from one. */
function offsetOf(text: string, line: number): number {
  const lines = text.split('\n').slice(0, line - 1)
  return lines.reduce((sum, one) => sum + one.length + 1, 0)
}

/** The files of a version; changed ones are checked line by line and kept as the next version. Nothing runs on it yet. */
export function FilesEditor(props: {
  readonly version: number
  readonly files: readonly SourceFile[]
  readonly may: boolean
}): ReactNode {
  const { version, files, may } = props
  const { t } = useWords()
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({})
  const [open, setOpen] = useState(files[0]?.name ?? '')
  const [note, setNote] = useState('')
  const area = useRef<HTMLTextAreaElement>(null)
  const now = files.map(({ name, text }) => ({ name, text: texts[name] ?? text }))
  const changed = files.filter(({ name, text }) => texts[name] !== undefined && texts[name] !== text)
  const check = useChange(() => post<{ readonly problems: readonly Mistake[] }>('/definitions/check', { files: now }), {
    touches: [],
  })
  const save = useChange(() => post<{ readonly version: number }>('/definitions', { files: now, note: note.trim() }), {
    touches: [DEFINITIONS],
    done: t('definitions.saved'),
  })
  const shown = now.find(({ name }) => name === open)
  const goTo = ({ file, line }: Mistake): void => {
    setOpen(file)
    const text = now.find(({ name }) => name === file)?.text ?? ''
    window.setTimeout(() => {
      const at = offsetOf(text, line)
      area.current?.focus()
      area.current?.setSelectionRange(at, offsetOf(text, line + 1) - 1)
    })
  }
  return (
    <Panel
      title={t('definitions.files')}
      actions={
        <NativeSelect
          aria-label={t('definitions.file')}
          size="xs"
          data={files.map(({ name }) => ({
            value: name,
            label: changed.some((one) => one.name === name) ? `${name} •` : name,
          }))}
          value={open}
          onChange={(event) => setOpen(event.currentTarget.value)}
        />
      }
    >
      <Stack gap="sm">
        {may ? (
          <Textarea
            ref={area}
            aria-label={t('definitions.text', { file: open })}
            autosize
            minRows={10}
            maxRows={26}
            spellCheck={false}
            styles={{ input: { fontFamily: 'monospace', fontSize: '0.8125rem', whiteSpace: 'pre', overflowX: 'auto' } }}
            value={shown?.text ?? ''}
            onChange={(event) => {
              const text = event.currentTarget.value
              setTexts((old) => ({ ...old, [open]: text }))
            }}
          />
        ) : (
          <Code block style={{ maxHeight: 560, overflow: 'auto' }}>
            {shown?.text ?? ''}
          </Code>
        )}
        {check.data !== undefined && (
          <Stack gap={6} data-testid="problems">
            {check.data.problems.length === 0 ? (
              <ToneWord tone="good">{t('definitions.noMistakes')}</ToneWord>
            ) : (
              check.data.problems.map((mistake) => (
                <div key={`${mistake.file}:${mistake.line}:${mistake.column}:${mistake.message}`}>
                  <Button size="compact-sm" variant="subtle" color="red" onClick={() => goTo(mistake)}>
                    {t('definitions.at', { file: mistake.file, line: mistake.line })}
                  </Button>
                  <Text size="sm">{mistake.message}</Text>
                  <Text size="sm" className="quiet">
                    {mistake.advice}
                  </Text>
                </div>
              ))
            )}
          </Stack>
        )}
        {(check.isError || save.isError) && (
          <Alert color="red" role="alert" style={{ whiteSpace: 'pre-line' }}>
            {refusalWords(check.error ?? save.error, t)}
          </Alert>
        )}
        {may && (
          <Group gap="xs" align="flex-end">
            <Button variant="default" loading={check.isPending} onClick={() => check.mutate(undefined)}>
              {t('definitions.check')}
            </Button>
            {changed.length > 0 && (
              <>
                <TextInput
                  label={t('definitions.note')}
                  maxLength={500}
                  value={note}
                  onChange={(event) => setNote(event.currentTarget.value)}
                />
                <Button disabled={note.trim() === ''} loading={save.isPending} onClick={() => save.mutate(undefined)}>
                  {t('definitions.save')}
                </Button>
                <Text size="sm" className="quiet">
                  {t('definitions.changed', { count: changed.length, version })}
                </Text>
              </>
            )}
          </Group>
        )}
      </Stack>
    </Panel>
  )
}
