import { setTimeout as pause } from 'node:timers/promises'
import { createEventStream } from './event-stream.ts'

export type LiveDeps = {
  readonly url: string
  readonly token: string
  /** Called for every message, in order, one after the other. When it rejects, the stream is opened anew. */
  onMessage(event: string, payload: unknown, stop: AbortSignal): Promise<void>
  /** `live` once the stream is open; anything else is the reason why it is not. */
  onState(state: 'live' | (string & {})): void
  /** The server speaks at least this often (comments count); silence means a dead connection. Default 60 s. */
  readonly silenceMs?: number
  readonly backoffMs?: { readonly first: number; readonly most: number }
}

/** Listens to the cloud's live feed until told to stop, and connects again after every end, ever more patiently. */
export async function runLiveLoop(deps: LiveDeps, stop: AbortSignal): Promise<void> {
  const { first, most } = deps.backoffMs ?? { first: 1000, most: 30_000 }
  let wait = first
  while (!stop.aborted) {
    try {
      await listen(deps, stop, () => {
        wait = first
      })
      deps.onState('the cloud ended the stream')
    } catch (cause) {
      if (!stop.aborted) deps.onState(reasonOf(cause))
    }
    await pause(wait, undefined, { signal: stop }).catch(() => undefined)
    wait = Math.min(wait * 2, most)
  }
}

const reasonOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return 'failed'
  return cause.cause instanceof Error ? `${cause.message}: ${cause.cause.message}` : cause.message
}

async function listen(deps: LiveDeps, stop: AbortSignal, opened: () => void): Promise<void> {
  const silence = new AbortController()
  const watch = setTimeout(() => silence.abort(new Error('the cloud fell silent')), deps.silenceMs ?? 60_000)
  try {
    const answer = await fetch(deps.url, {
      headers: { accept: 'text/event-stream', authorization: `Bearer ${deps.token}` },
      signal: AbortSignal.any([stop, silence.signal]),
      redirect: 'error',
    })
    if (!answer.ok || answer.body === null) throw new Error(`the cloud answered ${answer.status}`)
    opened()
    deps.onState('live')
    const stream = createEventStream()
    for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
      watch.refresh()
      for (const { event, data } of stream.take(text)) await handOver(deps, event, data, stop)
      watch.refresh()
    }
  } finally {
    clearTimeout(watch)
  }
}

async function handOver(deps: LiveDeps, event: string, data: string, stop: AbortSignal): Promise<void> {
  let payload: unknown
  try {
    payload = JSON.parse(data)
  } catch {
    deps.onState(`a message '${event}' was not JSON`)
    return
  }
  await deps.onMessage(event, payload, stop)
}
