import { announceSessionLost } from '../api/api-client.ts'
import { noteServerTime } from '../api/server-clock.ts'
import { createEventCutter, type ServerEvent } from './event-text.ts'

export type LinkState = 'connecting' | 'live' | 'down'

type Deps = {
  readonly url: string
  onEvent(event: ServerEvent): void
  /** Anything arrived, even a heartbeat. */
  onSign(): void
  onState(state: LinkState): void
}

/** The server sends at least a heartbeat comment twice a minute; silence beyond this is a dead connection. */
const SILENCE_MS = 45_000
const FIRST_RETRY_MS = 1000
const LAST_RETRY_MS = 10_000

/**
 * Keeps one live connection until `stop` fires. Own reader instead of EventSource: that one gives up for ever on an
 * error answer, hides heartbeats and never notices a connection that died without a word.
 */
export async function runLiveStream(deps: Deps, stop: AbortSignal): Promise<void> {
  for (let retry = FIRST_RETRY_MS; !stop.aborted; retry = Math.min(LAST_RETRY_MS, retry * 2)) {
    deps.onState('connecting')
    const lived = await readOnce(deps, stop)
    if (stop.aborted) return
    if (lived) retry = FIRST_RETRY_MS
    deps.onState('down')
    await pause(retry * (0.75 + Math.random() / 2), stop)
  }
}

/** One connection from start to end; says whether it ever came alive. */
async function readOnce(deps: Deps, stop: AbortSignal): Promise<boolean> {
  const silence = new AbortController()
  const watch = (): number => window.setTimeout(() => silence.abort(), SILENCE_MS)
  let timer = watch()
  let lived = false
  // A pulled cable breaks no connection: without this the screen would look alive until the silence is noticed.
  const cable = (): void => silence.abort()
  window.addEventListener('offline', cable)
  try {
    const response = await fetch(deps.url, {
      headers: { accept: 'text/event-stream' },
      credentials: 'same-origin',
      signal: AbortSignal.any([stop, silence.signal]),
    })
    noteServerTime(response.headers.get('date'))
    if (response.status === 401) announceSessionLost()
    if (!response.ok || response.body === null) return false
    lived = true
    deps.onState('live')
    deps.onSign()
    const cut = createEventCutter()
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      window.clearTimeout(timer)
      timer = watch()
      deps.onSign()
      for (const event of cut(part.value)) deps.onEvent(event)
    }
  } catch {
    // Whatever broke the connection, the answer is the same: say so on screen and connect again.
  } finally {
    window.clearTimeout(timer)
    window.removeEventListener('offline', cable)
  }
  return lived
}

/** Waits, but not once the browser says the network is back or the page is looked at again. */
function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      window.clearTimeout(timer)
      window.removeEventListener('online', wake)
      stop.removeEventListener('abort', wake)
      resolve()
    }
    const timer = window.setTimeout(wake, ms)
    window.addEventListener('online', wake)
    stop.addEventListener('abort', wake)
  })
}
