import { notifications } from '@mantine/notifications'
import { type Query, type QueryClient, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect } from 'react'
import type { Order, Vehicle } from '../api/vehicle.ts'
import { useWords, type Words, wordOr } from '../language/language.ts'
import { CARDS } from '../processes/process-queries.ts'
import { SESSION } from '../session/session-query.ts'
import { plateWords } from '../vehicles/plate.ts'
import { FLEET, plateOf, rereadVehicle, vehicleKey } from '../vehicles/vehicle-queries.ts'
import type { ServerEvent } from './event-text.ts'
import { forgetLink, noteLink, noteSign } from './link-status.ts'
import { runLiveStream } from './live-stream.ts'
import { announceScreen, type Screen } from './screens.ts'
import { applyToFleet, applyVehicle, immobilizerDiffers } from './vehicle-update.ts'

/** Cars speak each second; the screen is redrawn at most this often. */
const REDRAW_MS = 250
/** A board is read again at most this often, however many cards move. */
const REREAD_MS = 1500

/** Who is signed in does not come by the feed. */
const isFed = (query: Query): boolean => query.queryKey[0] !== SESSION[0]

type Alert = { readonly id: string; readonly vehicleId: string; readonly kind: string; readonly at: string }

/** Puts a batch of the feed into what the pages read. */
function applyBatch(client: QueryClient, batch: ReadonlyMap<string, Vehicle>): void {
  client.setQueryData<readonly Vehicle[]>(FLEET, (fleet) => (fleet === undefined ? fleet : applyToFleet(fleet, batch)))
  for (const [id, said] of batch) {
    const card = client.getQueryData<Vehicle>(vehicleKey(id))
    if (card === undefined) continue
    client.setQueryData(vehicleKey(id), applyVehicle(card, said))
    if (immobilizerDiffers(card, said)) rereadVehicle(client, id)
  }
}

function parse<T>(event: ServerEvent): T | null {
  try {
    return JSON.parse(event.data) as T
  } catch {
    return null
  }
}

async function announce(client: QueryClient, alert: Alert, t: Words): Promise<void> {
  const plate = plateWords(await plateOf(client, alert.vehicleId))
  notifications.show({
    id: alert.id,
    color: 'orange',
    title: t('alert.title'),
    message: wordOr(t, 'alert', alert.kind, { plate, kind: alert.kind }),
  })
}

/** Runs the live connection for as long as it is on the page; the pages below read the query cache. */
export function LiveFeed({ children }: { readonly children: ReactNode }): ReactNode {
  const client = useQueryClient()
  const { t } = useWords()
  useEffect(() => {
    const stop = new AbortController()
    const waiting = new Map<string, Vehicle>()
    let redraw: number | undefined
    const flush = (): void => {
      redraw = undefined
      const batch = new Map(waiting)
      waiting.clear()
      applyBatch(client, batch)
    }
    let reread: number | undefined
    const rereadCards = (): void => {
      reread = undefined
      void client.invalidateQueries({ queryKey: [CARDS] })
    }
    const onEvent = (event: ServerEvent): void => {
      if (event.name === 'card') reread ??= window.setTimeout(rereadCards, REREAD_MS)
      if (event.name === 'vehicle') {
        const vehicle = parse<Vehicle>(event)
        if (vehicle !== null) waiting.set(vehicle.id, vehicle)
        redraw ??= window.setTimeout(flush, REDRAW_MS)
      }
      if (event.name === 'order') {
        const order = parse<Order>(event)
        if (order !== null) rereadVehicle(client, order.vehicleId)
      }
      if (event.name === 'alert') {
        const alert = parse<Alert>(event)
        if (alert !== null) void announce(client, alert, t)
      }
      if (event.name === 'screen') {
        const screen = parse<Screen>(event)
        if (screen !== null) announceScreen(screen)
      }
    }
    const onState = (state: 'connecting' | 'live' | 'down'): void => {
      // What happened before the feed began is in none of its events, so everything on screen is read again.
      if (state === 'live') void client.invalidateQueries({ predicate: isFed })
      noteLink(state)
    }
    void runLiveStream({ url: '/api/live', onEvent, onSign: noteSign, onState }, stop.signal)
    return () => {
      stop.abort()
      window.clearTimeout(redraw)
      window.clearTimeout(reread)
      forgetLink()
    }
  }, [client, t])
  return children
}
