import { Group } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Card } from '../api/process.ts'
import type { User } from '../api/session.ts'
import { Panel, Quiet } from '../design/page.tsx'
import { useWords } from '../language/language.ts'
import { RunState } from '../running/run-state.tsx'
import { SteerRun } from '../running/steer-run.tsx'
import { maySteerProcesses } from '../session/rights.ts'

/** Processes that run on this card; a head pauses, resumes and stops them here. */
export function CardRunning({ card, user }: { readonly card: Card; readonly user: User }): ReactNode {
  const { t } = useWords()
  if (card.running.length === 0) return null
  return (
    <Panel title={t('process.running')}>
      {card.running.map((run) => (
        <Group key={run.id} justify="space-between" wrap="nowrap" gap="xs" align="flex-start">
          <div>
            {run.title}
            <Quiet>
              <RunState run={run} />
            </Quiet>
          </div>
          {card.work && maySteerProcesses(user) && <SteerRun card={card.id} run={run} />}
        </Group>
      ))}
    </Panel>
  )
}
