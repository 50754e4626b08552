import { Collapse, Text, UnstyledButton } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import type { Order } from '../api/vehicle.ts'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import classes from './order-panel.module.css'
import { OrderSteps } from './order-steps.tsx'
import { actionWords, orderStateWords } from './order-words.ts'
import { useOrder, useOrders } from './vehicle-queries.ts'

function OrderEntry({ order, first }: { readonly order: Order; readonly first: boolean }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(10)
  const [open, setOpen] = useState(first)
  // The steps belong to the state: a new state means new steps to read.
  const full = useOrder(order.id, open)
  return (
    <li className={classes['order']} data-testid="order" data-state={order.state}>
      <UnstyledButton className={classes['head'] ?? ''} aria-expanded={open} onClick={() => setOpen(!open)}>
        <span>
          <strong>{actionWords(order, t)}</strong>
          <span className="quiet"> {t('order.number', { seq: order.seq })}</span>
          <br />
          <span>{orderStateWords(order.state, order.reason, t)}</span>
        </span>
        <span className={classes['when']}>
          {sinceWords(Date.parse(order.issuedAt), now, language)}
          <IconChevronDown size={16} className={classes['chevron'] ?? ''} data-open={open} />
        </span>
      </UnstyledButton>
      <Collapse expanded={open}>
        <QueryView query={full} loading={<Loading lines={3} height={14} />}>
          {(known) => <OrderSteps order={known} />}
        </QueryView>
      </Collapse>
    </li>
  )
}

/** The car's orders, newest first, each with its whole life and what the gateway saw at every step. */
export function OrderPanel({ vehicleId }: { readonly vehicleId: string }): ReactNode {
  const { t } = useWords()
  const orders = useOrders(vehicleId)
  return (
    <section className="panel" aria-labelledby="orders-title">
      <h2 id="orders-title">{t('order.title')}</h2>
      <QueryView query={orders}>
        {({ items }) =>
          items.length === 0 ? (
            <Text size="sm" className="quiet">
              {t('order.none')}
            </Text>
          ) : (
            <ul className={classes['list']}>
              {items.slice(0, 10).map((order, index) => (
                <OrderEntry key={order.id} order={order} first={index === 0} />
              ))}
            </ul>
          )
        }
      </QueryView>
    </section>
  )
}
