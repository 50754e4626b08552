import { NativeSelect, NumberInput, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { get } from '../api/api-client.ts'
import { pathWith } from '../api/lists.ts'
import type { FactValue } from '../api/work.ts'
import { MoneyInput } from '../design/money-input.tsx'
import { useWords } from '../language/language.ts'
import { moscowDay } from '../language/moment.ts'

type Props = {
  readonly name: string
  readonly title: string
  readonly type: string
  readonly value: FactValue
  readonly onValue: (value: FactValue) => void
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

function PersonSelect({ role, ...props }: Props & { readonly role: string }): ReactNode {
  const { t } = useWords()
  const at = props.freeAt === undefined ? undefined : new Date(props.freeAt).toISOString()
  const people = useQuery({
    queryKey: ['staff', role, at],
    queryFn: ({ signal }) => get<{ readonly items: readonly Person[] }>(pathWith('/staff', { role, at }), signal),
  })
  const items = people.data?.items ?? []
  return (
    <NativeSelect
      label={props.title}
      required={props.required ?? false}
      data={[
        { value: '', label: t('fields.choose') },
        ...items.map(({ id, name, free }) => ({
          value: id,
          label: free === false ? t('fields.busy', { name }) : name,
          disabled: free === false,
        })),
      ]}
      value={typeof props.value === 'string' ? props.value.replace(/^person:/, '') : ''}
      onChange={(event) => props.onValue(event.currentTarget.value === '' ? null : event.currentTarget.value)}
    />
  )
}

/** One field of a card, asked for in the way of its type. Files are asked for by whoever can keep them. */
export function FieldInput(props: Props): ReactNode {
  const { name, title, type, value, onValue, required = false } = props
  const { t } = useWords()
  const own = name.split('.').at(-1) ?? name
  const text = typeof value === 'string' ? value : ''
  const role = PEOPLE[own]
  if (role !== undefined) return <PersonSelect {...props} role={role} />
  const choices = CHOICES[own] ?? (type === 'bool' ? ['true', 'false'] : undefined)
  if (choices !== undefined)
    return (
      <NativeSelect
        label={title}
        required={required}
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
  if (type === 'money')
    return <MoneyInput label={title} kopecks={typeof value === 'number' ? value : null} onKopecks={onValue} />
  if (type === 'int' || type === 'number' || type === 'duration')
    return (
      <NumberInput
        label={type === 'duration' ? `${title}, ${t('fields.minutes')}` : title}
        required={required}
        hideControls
        allowDecimal={type === 'number'}
        thousandSeparator="&nbsp;"
        value={typeof value === 'number' ? (type === 'duration' ? Math.round(value / 60_000) : value) : ''}
        onChange={(next) => onValue(typeof next === 'number' ? (type === 'duration' ? next * 60_000 : next) : null)}
      />
    )
  if (type === 'date' || type === 'time') {
    const shown =
      typeof value !== 'number'
        ? ''
        : type === 'date'
          ? moscowDay(value)
          : new Date(value + 3 * 3_600_000).toISOString().slice(0, 16)
    return (
      <TextInput
        label={type === 'time' ? `${title} (${t('fields.msk')})` : title}
        required={required}
        type={type === 'date' ? 'date' : 'datetime-local'}
        value={shown}
        onChange={(event) => {
          const written = event.currentTarget.value
          const at = Date.parse(type === 'date' ? `${written}T00:00:00+03:00` : `${written}:00+03:00`)
          onValue(Number.isNaN(at) ? null : at)
        }}
      />
    )
  }
  if (type === 'phone' || type === 'plate' || type === 'vin' || type === 'ref')
    return (
      <TextInput
        label={title}
        required={required}
        type={type === 'phone' ? 'tel' : 'text'}
        value={text}
        onChange={(event) => onValue(event.currentTarget.value === '' ? null : event.currentTarget.value)}
      />
    )
  return (
    <Textarea
      label={title}
      required={required}
      autosize
      minRows={1}
      maxRows={8}
      maxLength={2000}
      value={text}
      onChange={(event) => onValue(event.currentTarget.value === '' ? null : event.currentTarget.value)}
    />
  )
}
