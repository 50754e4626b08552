import { Group, NativeSelect, NumberInput, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import type { Policy, PolicyValue } from '../api/rulebook.ts'
import { MoneyInput } from '../design/money-input.tsx'
import { useWords } from '../language/language.ts'
import { boundWords, LENGTH_UNITS, listFrom, unitOf, valueWords } from './policy-value.ts'

type Props = {
  readonly policy: Policy
  readonly value: PolicyValue | null
  readonly onValue: (value: PolicyValue | null) => void
}

function LengthField({ policy, value, onValue }: Props): ReactNode {
  const { t, language } = useWords()
  const ms = typeof value === 'number' ? value : null
  const [unit, setUnit] = useState(() => unitOf(ms ?? 0))
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap">
      <NumberInput
        label={t('policy.value')}
        description={boundWords(policy, t, language)}
        style={{ flex: 1 }}
        data-autofocus
        hideControls
        allowNegative={false}
        value={ms === null ? '' : ms / unit.ms}
        onChange={(next) => onValue(typeof next === 'number' ? Math.round(next * unit.ms) : null)}
      />
      <NativeSelect
        aria-label={t('policy.value')}
        data={LENGTH_UNITS.map((one) => ({ value: one.unit, label: t(`policy.units.${one.unit}`) }))}
        value={unit.unit}
        onChange={(event) => setUnit(LENGTH_UNITS.find((one) => one.unit === event.currentTarget.value) ?? unit)}
      />
    </Group>
  )
}

/** The field for a value of its type, with its bounds. */
export function ValueField({ policy, value, onValue }: Props): ReactNode {
  const { t, language } = useWords()
  const [typed, setTyped] = useState(() => (typeof value === 'object' && value !== null ? value.join(', ') : ''))
  const description = boundWords(policy, t, language)
  const label = t('policy.value')
  switch (policy.type) {
    case 'money':
      return (
        <MoneyInput
          label={label}
          description={description}
          autoFocus
          mayBeNegative={policy.min === null || policy.min < 0}
          kopecks={typeof value === 'number' ? value : null}
          onKopecks={onValue}
        />
      )
    case 'int':
      return (
        <NumberInput
          label={label}
          description={description}
          data-autofocus
          hideControls
          allowDecimal={false}
          value={typeof value === 'number' ? value : ''}
          onChange={(next) => onValue(typeof next === 'number' ? next : null)}
        />
      )
    case 'duration':
      return <LengthField policy={policy} value={value} onValue={onValue} />
    case 'choice':
      return (
        <NativeSelect
          label={label}
          data-autofocus
          data={policy.choices.map((one) => ({ value: one, label: valueWords(policy, one, t, language) }))}
          value={typeof value === 'string' ? value : ''}
          onChange={(event) => onValue(event.currentTarget.value)}
        />
      )
    case 'text':
      return (
        <TextInput
          label={label}
          data-autofocus
          value={typeof value === 'string' ? value : ''}
          onChange={(event) => onValue(event.currentTarget.value)}
        />
      )
    default:
      return (
        <TextInput
          label={label}
          description={[t('policy.listHint'), description].filter((part) => part !== '').join('; ')}
          data-autofocus
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value)
            onValue(listFrom(policy.type, event.currentTarget.value))
          }}
        />
      )
  }
}
