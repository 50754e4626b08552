import { Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { IconFileAlert, IconFileCheck } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import type { User } from '../api/session.ts'
import type { Paper, VehiclePapers } from '../api/upkeep.ts'
import { Small } from '../design/data-table.tsx'
import { Facts } from '../design/facts.tsx'
import { Note } from '../design/note.tsx'
import { Columns, Page, Panel, Quiet } from '../design/page.tsx'
import { Plate } from '../design/plate.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { calendarWords } from '../language/calendar.ts'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { mayEditPapers } from '../session/rights.ts'
import { useVehicle } from '../vehicles/vehicle-queries.ts'
import { PaperChecks } from './paper-checks.tsx'
import { CallOffDialog, EnterDialog, SendDialog, WithdrawDialog } from './paper-dialogs.tsx'
import { useVehiclePapers } from './paper-queries.ts'
import { PaperStateWord, paperLeftWords } from './paper-words.tsx'

function Hindrances({ sentences }: { readonly sentences: readonly string[] }): ReactNode {
  const { t } = useWords()
  if (sentences.length === 0)
    return (
      <Note tone="good" icon={<IconFileCheck size={17} />}>
        {t('paper.free')}
      </Note>
    )
  return (
    <Note tone="stop" icon={<IconFileAlert size={17} />} testId="hindrances">
      <strong>{t('paper.hindered')}.</strong>
      {sentences.map((sentence) => (
        <div key={sentence}>{sentence}</div>
      ))}
    </Note>
  )
}

function PaperLineOf({ paper, user }: { readonly paper: Paper; readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(3600)
  const [asking, setAsking] = useState(false)
  const { withdrawn } = paper
  return (
    <Group justify="space-between" align="flex-start" wrap="nowrap">
      <div style={{ minWidth: 0, overflowWrap: 'anywhere', opacity: withdrawn === null ? 1 : 0.7 }}>
        <Text size="sm" fw={600} td={withdrawn === null ? undefined : 'line-through'}>
          {`${t(`paper.kinds.${paper.kind}`)} ${t('paper.numberOf', { number: paper.number })}`}
        </Text>
        <Text size="sm">
          {`${t('paper.validUntil')} ${calendarWords(paper.validUntil, now, language)}${paper.issuedBy === '' ? '' : `, ${paper.issuedBy}`}`}
        </Text>
        {paper.note !== '' && <Text size="sm">{paper.note}</Text>}
        <Small>{`${paper.addedBy}, ${sinceWords(Date.parse(paper.addedAt), now, language)}`}</Small>
        {withdrawn !== null && <Small>{t('paper.withdrawnBy', { by: withdrawn.by, note: withdrawn.note })}</Small>}
      </div>
      {withdrawn === null && mayEditPapers(user) && (
        <Button size="compact-sm" variant="default" style={{ flex: 'none' }} onClick={() => setAsking(true)}>
          {t('paper.withdraw')}
        </Button>
      )}
      {asking && <WithdrawDialog paper={paper} onClose={() => setAsking(false)} />}
    </Group>
  )
}

function Standings(props: {
  readonly papers: VehiclePapers
  readonly vehicle: { readonly id: string; readonly plate: string }
  readonly user: User
}): ReactNode {
  const { papers, vehicle, user } = props
  const { t, language } = useWords()
  const now = useNow(3600)
  const [sending, setSending] = useState<VehiclePapers['standings'][number] | null>(null)
  const [callingOff, setCallingOff] = useState<string | null>(null)
  return (
    <Panel title={t('paper.now')}>
      <Facts
        facts={papers.standings.map((standing) => {
          const renewal = papers.renewals.find(({ kind }) => kind === standing.kind)
          return {
            word: t(`paper.kinds.${standing.kind}`),
            value: <PaperStateWord state={standing.state} />,
            note: (
              <>
                {standing.validUntil !== null &&
                  `${calendarWords(standing.validUntil, now, language)}, ${paperLeftWords(standing, t, language)}`}
                {renewal !== undefined && (
                  <div>
                    {t('paper.sentAt', { at: sinceWords(Date.parse(renewal.sentAt), now, language) })}, {renewal.sentBy}
                  </div>
                )}
                {mayEditPapers(user) && (
                  <div>
                    <Button
                      size="compact-xs"
                      variant="default"
                      mt={4}
                      onClick={() => (renewal === undefined ? setSending(standing) : setCallingOff(renewal.id))}
                    >
                      {t(renewal === undefined ? 'paper.send' : 'paper.callOff')}
                    </Button>
                  </div>
                )}
              </>
            ),
          }
        })}
      />
      {sending !== null && (
        <SendDialog
          lines={[{ vehicleId: vehicle.id, plate: vehicle.plate, kind: sending.kind }]}
          onClose={() => setSending(null)}
          onSent={() => setSending(null)}
        />
      )}
      {callingOff !== null && <CallOffDialog id={callingOff} onClose={() => setCallingOff(null)} />}
    </Panel>
  )
}

/** The papers of one vehicle: how they stand, what they forbid, all that were ever entered. */
export function VehiclePapersPage({ id, user }: { readonly id: string; readonly user: User }): ReactNode {
  const { t } = useWords()
  const vehicle = useVehicle(id)
  const papers = useVehiclePapers(id)
  const [entering, setEntering] = useState(false)
  const plate = vehicle.data?.plate ?? ''
  return (
    <Page
      back="/papers"
      title={<Plate plate={plate} large />}
      lead={
        <Anchor component={Link} href={`/vehicles/${encodeURIComponent(id)}`} size="sm">
          {t('vehicle.open')}
        </Anchor>
      }
      actions={mayEditPapers(user) && <Button onClick={() => setEntering(true)}>{t('paper.enter')}</Button>}
    >
      <QueryView query={papers} loading={<Loading lines={6} height={40} />}>
        {(known) => (
          <>
            <Columns
              main={
                <>
                  <Hindrances sentences={known.hindrances} />
                  <Standings papers={known} vehicle={{ id, plate }} user={user} />
                  <PaperChecks id={id} mayAsk={mayEditPapers(user)} />
                </>
              }
              side={
                <Panel title={t('paper.all')}>
                  {known.items.length === 0 && <Quiet>{t('paper.none')}</Quiet>}
                  <Stack gap="md">
                    {known.items.map((paper) => (
                      <PaperLineOf key={paper.id} paper={paper} user={user} />
                    ))}
                  </Stack>
                </Panel>
              }
            />
            {entering && (
              <EnterDialog
                vehicleId={id}
                plate={plate}
                kind={known.standings.find(({ state }) => state !== 'valid')?.kind ?? 'osago'}
                onClose={() => setEntering(false)}
              />
            )}
          </>
        )}
      </QueryView>
    </Page>
  )
}
