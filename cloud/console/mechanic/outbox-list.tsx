import { Button, Group, Stack, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Panel } from '../design/page.tsx'
import { ToneWord } from '../design/tone-word.tsx'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import type { Item } from './plan.ts'
import { change, drop } from './queue.ts'

const TONE = { waiting: 'wait', sent: 'good', refused: 'stop' } as const

/** Everything that was pressed, newest first, each with what the server has said of it so far. */
export function OutboxList({
  items,
  onChanged,
}: {
  readonly items: readonly Item[]
  readonly onChanged: () => void
}): ReactNode {
  const { t, language } = useWords()
  const now = useNow(30)
  const [asked, setAsked] = useState<number | null>(null)
  if (items.length === 0) return null
  const again = async (item: Item): Promise<void> => {
    await change(item.seq, (one) => ({ ...one, state: 'waiting', why: null }))
    onChanged()
  }
  const away = async (item: Item): Promise<void> => {
    await drop(item.seq)
    onChanged()
  }
  return (
    <Panel title={t('mechanic.outbox')}>
      <Stack gap="sm" component="ul" p={0} m={0} style={{ listStyle: 'none' }}>
        {[...items].reverse().map((item) => (
          <li key={item.seq} data-testid="sending" data-state={item.state}>
            <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
              <div>
                <Text size="sm">
                  {item.kind === 'photo'
                    ? t('mechanic.photoOf', { name: item.name })
                    : t('mechanic.pressed', { title: item.title, outcome: item.outcomeTitle })}
                </Text>
                <Text size="xs" className="quiet">
                  {t('mechanic.pressedAt', { no: item.cardNo, at: sinceWords(item.at, now, language) })}
                </Text>
                {item.why !== null && (
                  <Text size="sm" c="var(--tone-stop)" style={{ whiteSpace: 'pre-line' }}>
                    {item.why}
                  </Text>
                )}
              </div>
              <ToneWord tone={TONE[item.state]}>
                {item.state === 'sent' && item.sentAt !== null
                  ? t('mechanic.states.sentAt', { at: sinceWords(item.sentAt, now, language) })
                  : t(`mechanic.states.${item.state}`)}
              </ToneWord>
            </Group>
            {item.state === 'refused' && (
              <Group gap="xs" mt={4}>
                <Button size="compact-sm" variant="default" onClick={() => void again(item)}>
                  {t('mechanic.again')}
                </Button>
                <Button
                  size="compact-sm"
                  variant="subtle"
                  color="red"
                  onClick={() => (asked === item.seq ? void away(item) : setAsked(item.seq))}
                >
                  {t(asked === item.seq ? 'mechanic.reallyRemove' : 'mechanic.remove')}
                </Button>
              </Group>
            )}
          </li>
        ))}
      </Stack>
    </Panel>
  )
}
