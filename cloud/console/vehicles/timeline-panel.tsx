import { Button, Text } from '@mantine/core'
import {
  IconAntenna,
  IconCoins,
  IconFileText,
  IconFlag,
  IconHistory,
  IconLayoutKanban,
  IconLock,
  IconMessage,
  IconSend,
  IconSteeringWheel,
  IconTool,
} from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { TimelineItem } from '../api/timeline.ts'
import { QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { clockWords, dayWords, moscowDay } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { CardLine } from '../processes/card-line.tsx'
import classes from './timeline-panel.module.css'
import { timelineNote, timelineTitle } from './timeline-words.ts'
import { useTimeline } from './vehicle-queries.ts'

const ICONS: Readonly<Record<string, typeof IconLock>> = {
  hold: IconLock,
  order: IconSend,
  crossing: IconFlag,
  status: IconAntenna,
  lease: IconSteeringWheel,
  shift: IconSteeringWheel,
  ledger: IconCoins,
  inspection: IconTool,
  paper: IconFileText,
  message: IconMessage,
  card: IconLayoutKanban,
}

function Line({ item }: { readonly item: TimelineItem }): ReactNode {
  const { t, language } = useWords()
  const Icon = ICONS[item.kind] ?? IconHistory
  const note = timelineNote(item, t)
  return (
    <li className={classes['line']}>
      <span className={classes['at']}>{clockWords(Date.parse(item.at), language)}</span>
      <Icon size={16} stroke={1.7} aria-hidden="true" className={classes['icon'] ?? ''} />
      <div>
        {item.kind === 'card' ? <CardLine item={item} /> : timelineTitle(item, t, language)}
        {note !== '' && <div className="quiet">{note}</div>}
      </div>
    </li>
  )
}

/** Everything that ever happened to the car, newest first, by days. */
export function TimelinePanel({ vehicleId }: { readonly vehicleId: string }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const timeline = useTimeline(vehicleId)
  return (
    <section className="panel" aria-labelledby="timeline-title">
      <h2 id="timeline-title">{t('timeline.title')}</h2>
      <QueryView query={timeline}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items)
          if (items.length === 0)
            return (
              <Text size="sm" className="quiet">
                {t('timeline.none')}
              </Text>
            )
          const days = [...Map.groupBy(items, (item) => moscowDay(Date.parse(item.at)))]
          return (
            <>
              {days.map(([day, lines]) => (
                <div key={day}>
                  <h3 className={classes['day']}>{dayWords(Date.parse(lines[0]?.at ?? day), now, language)}</h3>
                  <ol className={classes['list']}>
                    {lines.map((item) => (
                      <Line key={item.key} item={item} />
                    ))}
                  </ol>
                </div>
              ))}
              {timeline.hasNextPage && (
                <Button
                  variant="default"
                  size="xs"
                  mt="sm"
                  loading={timeline.isFetchingNextPage}
                  onClick={() => void timeline.fetchNextPage()}
                >
                  {t('app.more')}
                </Button>
              )}
            </>
          )
        }}
      </QueryView>
    </section>
  )
}
