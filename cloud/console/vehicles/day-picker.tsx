import { ActionIcon, TextInput } from '@mantine/core'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useWords } from '../language/language.ts'
import { dayAfter } from '../language/moment.ts'
import classes from './track-panel.module.css'

type Props = { readonly day: string; readonly today: string; readonly onPick: (day: string) => void }

/** A Moscow calendar day; tomorrow cannot be chosen. */
export function DayPicker({ day, today, onPick }: Props): ReactNode {
  const { t } = useWords()
  return (
    <div className={classes['picker']}>
      <ActionIcon
        variant="default"
        size={30}
        aria-label={t('track.previousDay')}
        onClick={() => onPick(dayAfter(day, -1))}
      >
        <IconChevronLeft size={16} />
      </ActionIcon>
      <TextInput
        type="date"
        size="xs"
        aria-label={t('track.day')}
        value={day}
        max={today}
        onChange={(event) => {
          const next = event.currentTarget.value
          if (/^\d{4}-\d{2}-\d{2}$/.test(next) && next <= today) onPick(next)
        }}
      />
      <ActionIcon
        variant="default"
        size={30}
        aria-label={t('track.nextDay')}
        disabled={day >= today}
        onClick={() => onPick(dayAfter(day, 1))}
      >
        <IconChevronRight size={16} />
      </ActionIcon>
    </div>
  )
}
