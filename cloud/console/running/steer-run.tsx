import { ActionIcon, Menu } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { post } from '../api/api-client.ts'
import type { Card } from '../api/process.ts'
import { ReasonDialog } from '../design/reason-dialog.tsx'
import { useWords } from '../language/language.ts'
import { cardPath, rereadCards } from '../processes/process-queries.ts'

export const RUNS = 'runs'
type Steer = 'pause' | 'resume' | 'stop'
type Run = { readonly id: string; readonly title: string; readonly pausedAt: string | null }

/** Pause, resume or stop a process that runs on a card; each asks why, and the reason stands in the log of the card. */
export function SteerRun({ card, run }: { readonly card: string; readonly run: Run }): ReactNode {
  const { t } = useWords()
  const client = useQueryClient()
  const [asked, setAsked] = useState<Steer | null>(null)
  const steer = useMutation({
    mutationFn: (reason: string) => post<Card>(`${cardPath(card)}/processes/${run.id}/${asked}`, { reason }),
    onSettled: () => {
      void rereadCards(client)
      void client.invalidateQueries({ queryKey: [RUNS] })
    },
  })
  const ways: readonly Steer[] = [run.pausedAt === null ? 'pause' : 'resume', 'stop']
  return (
    <>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size={32} aria-label={t('running.act', { process: run.title })}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {ways.map((way) => (
            <Menu.Item key={way} {...(way === 'stop' ? { color: 'red' } : {})} onClick={() => setAsked(way)}>
              {t(`running.doing.${way}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {asked !== null && (
        <ReasonDialog
          title={`${t(`running.doing.${asked}`)}: ${run.title}`}
          submit={t(`running.doing.${asked}`)}
          word={t('running.why')}
          lead={t(`running.leads.${asked}`)}
          heavy={asked === 'stop'}
          least={3}
          change={steer}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  )
}
