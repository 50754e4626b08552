import { Anchor, Button, Menu, Select, Text } from '@mantine/core'
import { IconArrowRight, IconPlayerPlay } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { post } from '../api/api-client.ts'
import { Problem } from '../api/problem.ts'
import type { Card, Task } from '../api/process.ts'
import type { User } from '../api/session.ts'
import { Page, Panel, Quiet } from '../design/page.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { ToneWord } from '../design/tone-word.tsx'
import { spanWords } from '../language/age.ts'
import { useWords } from '../language/language.ts'
import { momentWords } from '../language/moment.ts'
import { refusalWords } from '../language/problem-words.ts'
import { useNow } from '../live/now.ts'
import { CardAround } from './card-around.tsx'
import { CardClient } from './card-client.tsx'
import { CardDocuments } from './card-documents.tsx'
import { CardForm } from './card-form.tsx'
import { CardLog } from './card-log.tsx'
import { CardMarks } from './card-marks.tsx'
import classes from './card-page.module.css'
import { CardRunning } from './card-running.tsx'
import { cardName } from './card-tile.tsx'
import { CardVehicle } from './card-vehicle.tsx'
import { OutcomeForm } from './outcome-form.tsx'
import { cardKey, cardPath, rereadCards, useCard, useChoices } from './process-queries.ts'
import { useMoves } from './use-moves.tsx'

function TaskPanel({ task }: { readonly task: Task }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const late = now - Date.parse(task.dueAt)
  return (
    <Panel title={t(`process.kinds.${task.kind}`)}>
      <Text fw={650}>{task.title}</Text>
      <Text size="sm" mb="sm" className="quiet" component="div">
        {late > 0 ? (
          <ToneWord tone="stop">{t('process.lateFor', { span: spanWords(late, language) })}</ToneWord>
        ) : (
          t('process.dueAt', { at: momentWords(Date.parse(task.dueAt), now, language) })
        )}
      </Text>
      <OutcomeForm key={task.id} task={task} keys={false} onClosed={() => {}} />
    </Panel>
  )
}

function HandOver({ card }: { readonly card: Card }): ReactNode {
  const { t } = useWords()
  const client = useQueryClient()
  const [wanted, setWanted] = useState(false)
  const people = useChoices('responsible', '', wanted)
  const hand = useMutation({
    mutationFn: (person: string) => post<Card>(`${cardPath(card.id)}/responsible`, { to: `person:${person}` }),
    onSuccess: () => setWanted(false),
    onSettled: () => void rereadCards(client),
  })
  if (!wanted)
    return (
      <Button variant="subtle" size="compact-xs" onClick={() => setWanted(true)}>
        {t('process.handOver')}
      </Button>
    )
  return (
    <Select
      size="xs"
      searchable
      autoFocus
      aria-label={t('process.handTo')}
      placeholder={t('process.handTo')}
      error={hand.isError ? refusalWords(hand.error, t) : undefined}
      data={[...(people.data ?? [])]}
      onChange={(person) => {
        if (person !== null) hand.mutate(person)
      }}
      style={{ display: 'inline-block' }}
    />
  )
}

function Actions({ card }: { readonly card: Card }): ReactNode {
  const { t } = useWords()
  const client = useQueryClient()
  const moves = useMoves()
  const press = useMutation({
    mutationFn: (wish: { readonly path: string; readonly body: unknown }) =>
      post<Card>(`${cardPath(card.id)}/${wish.path}`, wish.body),
    onSuccess: (after) => client.setQueryData(cardKey(after.id), after),
    onSettled: () => void rereadCards(client),
  })
  if (!card.work) return <Quiet>{t('process.readOnly')}</Quiet>
  const others = [...card.buttons]
  return (
    <>
      {others.map(({ id, title }) => (
        <Button
          key={id}
          variant="default"
          loading={press.isPending}
          onClick={() => press.mutate({ path: 'buttons', body: { button: id } })}
        >
          {title}
        </Button>
      ))}
      {card.processes.length > 0 && (
        <Menu position="bottom-end" shadow="md">
          <Menu.Target>
            <Button variant="default" leftSection={<IconPlayerPlay size={15} />}>
              {t('process.start')}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {card.processes.map(({ id, title }) => (
              <Menu.Item key={id} onClick={() => press.mutate({ path: 'processes', body: { process: id } })}>
                {title}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      {card.ways.length > 0 && (
        <Menu position="bottom-end" shadow="md" width={300}>
          <Menu.Target>
            <Button leftSection={<IconArrowRight size={16} />}>{t('process.moveTo')}</Button>
          </Menu.Target>
          <Menu.Dropdown>
            {card.ways.map((way) => (
              <Menu.Item key={way.stage} onClick={() => moves.move(card, way.stage)}>
                {way.title}
                {way.why.length > 0 && <div className={classes['why']}>{way.why.join(' · ')}</div>}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      {press.isError && (
        <Text size="sm" c="red" role="alert" w="100%" style={{ whiteSpace: 'pre-line' }}>
          {refusalWords(press.error, t)}
        </Text>
      )}
      {moves.dialog}
    </>
  )
}

function Lead({ card }: { readonly card: Card }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  return (
    <div className={classes['lead']}>
      <Anchor component={Link} href={`/processes?pipeline=${card.pipeline}`} size="sm">
        {card.pipelineTitle}
      </Anchor>
      <b>{card.stageTitle}</b>
      <span>{t('process.standsFor', { span: spanWords(now - Date.parse(card.enteredAt), language) })}</span>
      {card.limitAt !== null && Date.parse(card.limitAt) > now && (
        <span>{t('process.until', { at: momentWords(Date.parse(card.limitAt), now, language) })}</span>
      )}
      <CardMarks card={card} tasks={card.tasksNeeded ? 'needed' : 'free'} />
      <span>
        {card.responsibleName ?? t('process.nobodyAnswers')} {card.work && <HandOver card={card} />}
      </span>
    </div>
  )
}

function Body({ card, user }: { readonly card: Card; readonly user: User }): ReactNode {
  const linked = card.entity === 'vehicle' ? card.subject : card.fields['vehicle']
  const vehicle = typeof linked === 'string' ? linked : null
  const name = cardName(card)
  return (
    <Page
      title={card.title === null ? name : `${name} · № ${card.no}`}
      lead={<Lead card={card} />}
      back={`/processes?pipeline=${card.pipeline}`}
      actions={<Actions card={card} />}
    >
      {card.stageHelp !== null && card.stageHelp !== '' && (
        <Text size="sm" mb="sm">
          {card.stageHelp}
        </Text>
      )}
      <div className={classes['grid']} data-columns={vehicle === null ? 2 : 3}>
        <div className={classes['stack']}>
          {card.tasks.map((task) => (
            <TaskPanel key={task.id} task={task} />
          ))}
          <CardForm card={card} />
        </div>
        {vehicle !== null && (
          <div className={classes['stack']}>
            <CardVehicle id={vehicle} user={user} />
          </div>
        )}
        <div className={classes['stack']}>
          <CardRunning card={card} user={user} />
          <CardDocuments card={card} />
          <CardClient card={card} user={user} />
          <CardAround id={card.id} />
        </div>
      </div>
      <div className={classes['past']}>
        <CardLog card={card} />
      </div>
    </Page>
  )
}

/** One card: what to do now, what is known, the car it is about, its papers and its past. */
export function CardPage({ id, user }: { readonly id: string; readonly user: User }): ReactNode {
  const { t } = useWords()
  const card = useCard(id)
  if (card.error instanceof Problem && card.error.facts.status === 404)
    return (
      <Page title={t('process.noCard')} back="/processes">
        <Quiet>{t('process.noCardWhy')}</Quiet>
      </Page>
    )
  return (
    <QueryView whole query={card} loading={<Loading lines={9} height={40} />}>
      {(known) => <Body card={known} user={user} />}
    </QueryView>
  )
}
