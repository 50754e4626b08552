import { Button, Checkbox, FileButton, Group, NumberInput, Select, TagsInput, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconPaperclip } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import type { FieldKind, FieldValue } from '../api/process.ts'
import { MoneyInput } from '../design/money-input.tsx'
import { useWords } from '../language/language.ts'
import { refusalWords } from '../language/problem-words.ts'
import { uploadFile } from './card-files.ts'
import { dayText, minuteText, momentOf, plateOr } from './field-words.ts'
import { phoneOf } from './phone-text.ts'
import { useChoices } from './process-queries.ts'

type Props = {
  readonly kind: FieldKind
  readonly value: FieldValue
  /** What the value is called, where it points at something. */
  readonly named: string | null
  readonly onValue: (value: FieldValue) => void
  /** Files are laid with this card. */
  readonly card: string | null
  readonly error?: string | undefined
}

function ReferenceInput({ kind, value, named, onValue, error }: Props): ReactNode {
  const { t } = useWords()
  const [typed, setTyped] = useState('')
  const [isOpen, setOpen] = useState(false)
  const [asked] = useDebouncedValue(typed, 200)
  const search = asked === named ? '' : asked
  const choices = useChoices(kind.field, search, isOpen)
  const own = typeof value === 'string' && value !== '' ? [{ value, label: plateOr(named ?? value) }] : []
  const found = (choices.data ?? []).map((one) => ({ ...one, label: plateOr(one.label) }))
  return (
    <Select
      label={kind.title}
      searchable
      clearable
      error={error}
      nothingFoundMessage={t('process.nobody')}
      data={[...own.filter((one) => !found.some((other) => other.value === one.value)), ...found]}
      value={typeof value === 'string' ? value : null}
      onChange={onValue}
      onSearchChange={setTyped}
      onDropdownOpen={() => setOpen(true)}
      filter={({ options }) => options}
    />
  )
}

function FileInput({ kind, value, onValue, card, error }: Props): ReactNode {
  const { t } = useWords()
  const [failed, setFailed] = useState<unknown>(null)
  const [isSending, setSending] = useState(false)
  const take = (file: File | null): void => {
    if (file === null || card === null) return
    setSending(true)
    setFailed(null)
    uploadFile(card, file)
      .then(({ id }) => onValue(kind.list ? [...(Array.isArray(value) ? value : []), id] : id))
      .catch(setFailed)
      .finally(() => setSending(false))
  }
  const count = Array.isArray(value) ? value.length : value === null || value === '' ? 0 : 1
  return (
    <div>
      <Text size="sm" fw={500} mb={4}>
        {kind.title}
      </Text>
      <Group gap="xs">
        <FileButton onChange={take} accept="image/jpeg,image/png,image/webp,application/pdf">
          {(props) => (
            <Button
              {...props}
              variant="default"
              size="xs"
              loading={isSending}
              disabled={card === null}
              leftSection={<IconPaperclip size={15} />}
            >
              {t('process.attach')}
            </Button>
          )}
        </FileButton>
        {count > 0 && <Text size="sm">{t('process.attached', { count })}</Text>}
      </Group>
      {failed !== null && (
        <Text size="xs" c="red" role="alert">
          {refusalWords(failed, t)}
        </Text>
      )}
      {error !== undefined && (
        <Text size="xs" c="red">
          {error}
        </Text>
      )}
    </div>
  )
}

/** One field of a card, open to be filled, by its type. */
export function FieldInput(props: Props): ReactNode {
  const { kind, value, onValue, error } = props
  const { t } = useWords()
  const label = kind.title
  const text = typeof value === 'string' ? value : ''
  if (kind.type === 'file') return <FileInput {...props} />
  if (kind.type === 'ref' && !kind.list) return <ReferenceInput {...props} />
  if (kind.list)
    return (
      <TagsInput
        label={label}
        error={error}
        value={Array.isArray(value) ? value.map(String) : []}
        onChange={(tags) => onValue(tags)}
      />
    )
  switch (kind.type) {
    case 'bool':
      return (
        <Checkbox
          label={label}
          error={error}
          checked={value === true}
          onChange={(event) => onValue(event.currentTarget.checked)}
        />
      )
    case 'money':
      return (
        <MoneyInput
          label={label}
          error={error}
          kopecks={typeof value === 'number' ? value : null}
          onKopecks={onValue}
        />
      )
    case 'int':
    case 'number':
      return (
        <NumberInput
          label={label}
          error={error}
          hideControls
          allowDecimal={kind.type === 'number'}
          value={typeof value === 'number' ? value : ''}
          onChange={(typed) => onValue(typeof typed === 'number' ? typed : null)}
        />
      )
    case 'duration':
      return (
        <NumberInput
          label={label}
          description={t('process.hours')}
          error={error}
          hideControls
          value={typeof value === 'number' ? value / 3_600_000 : ''}
          onChange={(typed) => onValue(typeof typed === 'number' ? Math.round(typed * 3_600_000) : null)}
        />
      )
    case 'date':
    case 'time': {
      const write = kind.type === 'date' ? dayText : minuteText
      return (
        <TextInput
          label={label}
          error={error}
          type={kind.type === 'date' ? 'date' : 'datetime-local'}
          {...(kind.type === 'time' ? { description: t('process.moscow') } : {})}
          value={typeof value === 'number' ? write(value) : ''}
          onChange={(event) => onValue(momentOf(event.currentTarget.value))}
        />
      )
    }
    default:
      return (
        <TextInput
          label={label}
          error={error}
          {...(kind.type === 'phone' ? { type: 'tel', placeholder: '+7…' } : {})}
          value={text}
          onChange={(event) =>
            onValue(kind.type === 'phone' ? phoneOf(event.currentTarget.value) : event.currentTarget.value)
          }
        />
      )
  }
}
