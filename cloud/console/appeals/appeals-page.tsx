import { Anchor, Button, NativeSelect, Text, Textarea } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { post } from '../api/api-client.ts'
import type { Appeal } from '../api/appeal.ts'
import { useChange } from '../api/changes.ts'
import { linesOf, usePages } from '../api/lists.ts'
import type { User } from '../api/session.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { DataTable, Small } from '../design/data-table.tsx'
import { MoreButton } from '../design/more-button.tsx'
import { Page, Tools } from '../design/page.tsx'
import { Plate } from '../design/plate.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { ToneWord } from '../design/tone-word.tsx'
import { DriverName } from '../drivers/driver-select.tsx'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { mayAnswerAppeals } from '../session/rights.ts'
import { useFleet } from '../vehicles/vehicle-queries.ts'

const APPEALS = 'appeals'
const STATES = ['open', 'answered'] as const

function AnswerDialog({ appeal, onClose }: { readonly appeal: Appeal; readonly onClose: () => void }): ReactNode {
  const { t } = useWords()
  const [answer, setAnswer] = useState('')
  const send = useChange(
    () => post<Appeal>(`/appeals/${encodeURIComponent(appeal.id)}/answer`, { answer: answer.trim() }),
    {
      touches: [APPEALS, 'messages'],
      done: t('appeal.answered'),
    },
  )
  return (
    <AskDialog
      title={t('appeal.answerTitle')}
      submit={t('appeal.answer')}
      change={send}
      ready={answer.trim() !== ''}
      onClose={onClose}
      onSubmit={() => send.mutate(undefined, { onSuccess: onClose })}
    >
      <Text size="sm">{appeal.reason}</Text>
      <Textarea
        label={t('appeal.columns.answer')}
        required
        data-autofocus
        autosize
        minRows={3}
        maxLength={1000}
        value={answer}
        onChange={(event) => setAnswer(event.currentTarget.value)}
      />
    </AskDialog>
  )
}

/** What drivers hold to be a mistake, and the answers. */
export function AppealsPage({ user }: { readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const fleet = useFleet()
  const [state, setState] = useState<string>('open')
  const [answering, setAnswering] = useState<Appeal | null>(null)
  const appeals = usePages<Appeal>(APPEALS, '/appeals', { state })
  const at = (moment: string): string => sinceWords(Date.parse(moment), now, language)
  return (
    <Page title={t('appeal.title')} lead={t('appeal.lead')}>
      <Tools>
        <NativeSelect
          label={t('appeal.state')}
          data={[
            { value: '', label: t('appeal.anyState') },
            ...STATES.map((one) => ({ value: one, label: t(`appeal.states.${one}`) })),
          ]}
          value={state}
          onChange={(event) => setState(event.currentTarget.value)}
        />
      </Tools>
      <QueryView query={appeals} loading={<Loading lines={4} height={44} />}>
        {(pages) => {
          const found = linesOf(pages)
          if (found.length === 0) return <Text className="quiet">{t('appeal.none')}</Text>
          return (
            <>
              <DataTable
                label={t('appeal.title')}
                rows={found}
                keyOf={({ id }) => id}
                columns={[
                  {
                    word: t('appeal.columns.what'),
                    plain: true,
                    cell: ({ reason, holds }) => (
                      <>
                        {reason}
                        <Small>{holds.map((hold) => t(`hold.reasons.${hold}`)).join(', ')}</Small>
                      </>
                    ),
                  },
                  {
                    word: t('appeal.columns.who'),
                    cell: ({ driverId }) => (
                      <Anchor component={Link} href={`/drivers/${driverId}`} size="sm" c="inherit">
                        <DriverName id={driverId} />
                      </Anchor>
                    ),
                  },
                  {
                    word: t('appeal.columns.vehicle'),
                    cell: ({ vehicleId }) =>
                      vehicleId === null ? null : (
                        <Anchor component={Link} href={`/vehicles/${vehicleId}`} size="sm" c="inherit">
                          <Plate plate={fleet.data?.find(({ id }) => id === vehicleId)?.plate ?? ''} />
                        </Anchor>
                      ),
                  },
                  { word: t('appeal.columns.at'), cell: (appeal) => at(appeal.at) },
                  {
                    word: t('appeal.columns.answer'),
                    cell: (appeal) => {
                      if (appeal.answer !== null)
                        return (
                          <>
                            {appeal.answer}
                            <Small>
                              {[appeal.answeredBy ?? '', appeal.answeredAt === null ? '' : at(appeal.answeredAt)].join(
                                ', ',
                              )}
                            </Small>
                          </>
                        )
                      if (!mayAnswerAppeals(user)) return <ToneWord tone="wait">{t('appeal.states.open')}</ToneWord>
                      return (
                        <Button size="compact-sm" variant="light" onClick={() => setAnswering(appeal)}>
                          {t('appeal.answer')}
                        </Button>
                      )
                    },
                  },
                ]}
              />
              <MoreButton of={appeals} />
            </>
          )
        }}
      </QueryView>
      {answering !== null && <AnswerDialog appeal={answering} onClose={() => setAnswering(null)} />}
    </Page>
  )
}
