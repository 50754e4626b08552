import { z } from 'zod'

/** What the live feed carries: the newest value of a key replaces an older one that was not sent yet. */
export type LiveMessage = {
  readonly event: 'vehicle' | 'order' | 'alert' | 'card' | 'task' | 'screen'
  readonly key: string
  readonly data: string
}

/** What there is to tell about one vehicle. */
export type LiveView = { readonly key: string; readonly vehicleId: string; readonly data: string }

/** Something that happened and that a person should see at once. */
export const Alert = z.strictObject({
  id: z.string(),
  vehicleId: z.string(),
  kind: z.string(),
  /** RFC 3339. */
  at: z.string(),
  data: z.record(z.string(), z.unknown()).readonly(),
})
export type Alert = Readonly<z.infer<typeof Alert>>

/** A form that opens by itself in the browsers of these people: a call has come. */
export const Screen = z.strictObject({ open: z.string(), card: z.string(), people: z.array(z.string()).readonly() })
export type Screen = Readonly<z.infer<typeof Screen>>

/** Pure. One server-sent event (WHATWG HTML, 9.2); `data` is JSON and so has no line break. */
export const eventText = (event: string, data: string): string => `event: ${event}\ndata: ${data}\n\n`

/** Alerts have keys of their own, so a reader who stays away would collect them without end. */
const MOST_ALERTS = 200

/** What one reader has not been sent yet, newest value per key, bounded. */
export type Backlog = {
  put(message: LiveMessage): void
  /** Everything that waits, oldest key first; the backlog is empty afterwards. */
  take(): readonly LiveMessage[]
  readonly size: number
}

export function createBacklog(): Backlog {
  const waiting = new Map<string, LiveMessage>()
  const alerts: string[] = []
  return {
    get size() {
      return waiting.size
    },
    put: (message) => {
      const key = `${message.event} ${message.key}`
      waiting.set(key, message)
      if (message.event !== 'alert') return
      alerts.push(key)
      if (alerts.length > MOST_ALERTS) waiting.delete(alerts.shift() ?? key)
    },
    take: () => {
      const messages = [...waiting.values()]
      waiting.clear()
      alerts.length = 0
      return messages
    },
  }
}
