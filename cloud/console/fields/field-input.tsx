import {
  Button,
  FileButton,
  Group,
  NativeSelect,
  NumberInput,
  Select,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconPaperclip } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, type ReactNode, useState } from 'react'
import { get } from '../api/api-client.ts'
import { pathWith } from '../api/lists.ts'
import type { FieldKind, FieldValue } from '../api/process.ts'
import { MoneyInput } from '../design/money-input.tsx'
import { useWords } from '../language/language.ts'
import { refusalWords } from '../language/problem-words.ts'
import { uploadFile } from '../processes/card-files.ts'
import { useChoices } from '../processes/process-queries.ts'
import { dayText, minuteText, momentOf, plateOr } from './field-words.ts'
import { phoneOf } from './phone-text.ts'

type Props = {
  readonly kind: Pick<FieldKind, 'field' | 'title' | 'type' | 'list' | 'codes'>
  readonly value: FieldValue
  readonly onValue: (value: FieldValue) => void
  /** What the value is called, where it points at something. */
  readonly named?: string | null
  /** Files are laid with this card. */
  readonly card?: string | null
  readonly error?: string | undefined
  readonly required?: boolean
  /** When the person chosen is needed, milliseconds since 1970. */
  readonly freeAt?: number | undefined
}
/** Fields that name a person of the house, and the role that he plays. */
const PEOPLE: Readonly<Record<string, string>> = { mechanic: 'mechanic', visitor: 'visitor', partsCheckedBy: 'head' }
/** Fields whose text is one of a few. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  partsState: ['not_needed', 'in_stock', 'ordered'],
  requestKind: ['repair', 'maintenance'],
  contractKind: ['buyout', 'commission', 'sale'],
  leadKind: ['driver', 'agent'],
  visitKind: ['inspection', 'repair', 'return'],
  legalForm: ['ip', 'selfemployed', 'person'],
}

type Person = { readonly id: string; readonly name: string; readonly free: boolean | null }

function PersonInput({ role, kind, value, onValue, freeAt, ...rest }: Props & { readonly role: string }): ReactNode {
  const { t } = useWords()
  const at = freeAt === undefined ? undefined : new Date(freeAt).toISOString()
  const people = useQuery({
    queryKey: ['staff', role, at],
    queryFn: ({ signal }) => get<{ readonly items: readonly Person[] }>(pathWith('/staff', { role, at }), signal),
  })
  return (
    <NativeSelect
      label={kind.title}
      error={rest.error}
      required={rest.required ?? false}
      data={[
        { value: '', label: t('fields.choose') },
        ...(people.data?.items ?? []).map(({ id, name, free }) => ({
          value: id,
          label: free === false ? t('fields.busy', { name }) : name,
          disabled: free === false,
        })),
      ]}
      value={typeof value === 'string' ? value.replace(/^person:/, '') : ''}
      onChange={(event) => onValue(event.currentTarget.value || null)}
    />
  )
}

function ReferenceInput({ kind, value, named, onValue, error, required }: Props): ReactNode {
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
      required={required ?? false}
      searchable
      clearable
      error={error}
      nothingFoundMessage={t('fields.nobody')}
      data={[...own.filter((one) => !found.some((other) => other.value === one.value)), ...found]}
      value={typeof value === 'string' ? value : null}
      onChange={onValue}
      onSearchChange={setTyped}
      onDropdownOpen={() => setOpen(true)}
      filter={({ options }) => options}
    />
  )
}

function FileInput({ kind, value, onValue, card = null, error }: Props): ReactNode {
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
  const wrong = failed === null ? error : refusalWords(failed, t)
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
              aria-label={`${kind.title}: ${t('fields.attach')}`}
              leftSection={<IconPaperclip size={15} />}
            >
              {t('fields.attach')}
            </Button>
          )}
        </FileButton>
        {count > 0 && <Text size="sm">{t('fields.files', { count })}</Text>}
      </Group>
      {wrong !== undefined && (
        <Text size="xs" c="var(--tone-stop)" role="alert">
          {wrong}
        </Text>
      )}
    </div>
  )
}

/** Enter sends the dialog it stands in, as in every other field; with Shift, or outside of a dialog, it begins a line. */
const sendOnEnter = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
  const { form } = event.currentTarget
  if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || form === null) return
  event.preventDefault()
  form.requestSubmit()
}

const HOUR = 3_600_000

/** One field of a card, asked for in the way of its type. */
export function FieldInput(props: Props): ReactNode {
  const { kind, value, onValue, error, required = false } = props
  const { t, language } = useWords()
  const { type } = kind
  const own = kind.field.split('.').at(-1) ?? kind.field
  const text = typeof value === 'string' ? value : ''
  const common = { label: kind.title, error, required }
  const role = PEOPLE[own]
  if (role !== undefined) return <PersonInput {...props} role={role} />
  if (type === 'file') return <FileInput {...props} />
  if (type === 'ref' && !kind.list) return <ReferenceInput {...props} />
  if (kind.list)
    return <TagsInput {...common} value={Array.isArray(value) ? value.map(String) : []} onChange={onValue} />
  if (kind.codes !== undefined && kind.codes.length > 0)
    return (
      <NativeSelect
        {...common}
        data={[
          { value: '', label: t('fields.choose') },
          ...kind.codes.map((code) => ({ value: code.value, label: `${code.value} · ${code.title}` })),
        ]}
        value={text}
        onChange={({ currentTarget }) => onValue(currentTarget.value || null)}
      />
    )
  const choices = type === 'bool' ? ['true', 'false'] : CHOICES[own]
  if (choices !== undefined)
    return (
      <NativeSelect
        {...common}
        data={[
          { value: '', label: t('fields.choose') },
          ...choices.map((code) => ({
            value: code,
            label: type === 'bool' ? t(code === 'true' ? 'fields.yes' : 'fields.no') : t(`fields.codes.${code}`),
          })),
        ]}
        value={typeof value === 'boolean' ? String(value) : text}
        onChange={(event) => {
          const chosen = event.currentTarget.value
          onValue(chosen === '' ? null : type === 'bool' ? chosen === 'true' : chosen)
        }}
      />
    )
  switch (type) {
    case 'money':
      return <MoneyInput {...common} kopecks={typeof value === 'number' ? value : null} onKopecks={onValue} />
    case 'int':
    case 'number':
    case 'duration': {
      const unit = type === 'duration' ? HOUR : 1
      return (
        <NumberInput
          {...common}
          {...(type === 'duration' ? { description: t('fields.hours') } : {})}
          hideControls
          allowDecimal={type !== 'int'}
          decimalScale={2}
          decimalSeparator={language === 'ru' ? ',' : '.'}
          allowedDecimalSeparators={[',', '.']}
          value={typeof value === 'number' ? value / unit : ''}
          onChange={(next) => onValue(typeof next !== 'number' ? null : unit === 1 ? next : Math.round(next * unit))}
        />
      )
    }
    case 'date':
    case 'time': {
      const write = type === 'date' ? dayText : minuteText
      return (
        <TextInput
          {...common}
          type={type === 'date' ? 'date' : 'datetime-local'}
          {...(type === 'time' ? { description: t('fields.moscow') } : {})}
          value={typeof value === 'number' ? write(value) : ''}
          onChange={(event) => onValue(momentOf(event.currentTarget.value))}
        />
      )
    }
    case 'phone':
      return (
        <TextInput
          {...common}
          type="tel"
          placeholder="+7…"
          value={text}
          onChange={(event) => onValue(phoneOf(event.currentTarget.value) || null)}
        />
      )
    case 'plate':
    case 'vin':
      return <TextInput {...common} value={text} onChange={(event) => onValue(event.currentTarget.value || null)} />
    default:
      return (
        <Textarea
          {...common}
          autosize
          minRows={1}
          maxRows={8}
          maxLength={2000}
          value={text}
          onKeyDown={sendOnEnter}
          onChange={(event) => onValue(event.currentTarget.value || null)}
        />
      )
  }
}
