import type { Clock, Millis } from '#contract/instant.ts'
import { millis, seconds } from '#contract/instant.ts'

export type JsonAnswer =
  | { readonly kind: 'answer'; readonly body: unknown }
  /** No answer that says anything; `down`: the source itself, not this one question. */
  | { readonly kind: 'unknown'; readonly why: string; readonly down: boolean }
export type JsonClient = {
  /** Asks until it answers, at most `retries` times again; never rejects. */
  ask(
    request: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
    patience: { readonly timeout: Millis; readonly retries: number },
    stop: AbortSignal,
  ): Promise<JsonAnswer>
}

const LARGEST_ANSWER = 4 * 1024 * 1024
const FIRST_WAIT = seconds(1)
/** A source that asks for more is asked in its next turn. */
const LONGEST_WAIT = seconds(30)

/** Questions by GET that are answered in JSON. Addresses and headers may carry secrets: neither is ever logged or repeated. */
export function createJsonClient({ clock }: { readonly clock: Clock }): JsonClient {
  const once = async (
    { url, headers }: Parameters<JsonClient['ask']>[0],
    timeout: Millis,
    stop: AbortSignal,
  ): Promise<JsonAnswer & { readonly again?: Millis }> => {
    let response: Response
    try {
      response = await fetch(url, {
        headers: { accept: 'application/json', ...headers },
        redirect: 'error',
        signal: AbortSignal.any([stop, AbortSignal.timeout(timeout)]),
      })
      const bytes = await bounded(response)
      if (bytes === undefined) return { kind: 'unknown', why: 'ответ слишком велик', down: false }
      if (response.ok) return bodyOf(bytes)
    } catch {
      return { kind: 'unknown', why: 'источник не отвечает', down: true, again: FIRST_WAIT }
    }
    const why = `источник ответил ${response.status}`
    if (response.status !== 429 && response.status !== 408 && response.status < 500)
      return { kind: 'unknown', why, down: response.status === 401 || response.status === 403 }
    const asked = Number(response.headers.get('retry-after'))
    const again = Number.isFinite(asked) && asked > 0 ? seconds(asked) : FIRST_WAIT
    return { kind: 'unknown', why, down: true, again }
  }
  return {
    ask: async (request, { timeout, retries }, stop) => {
      for (let attempt = 0; ; attempt += 1) {
        const { again, ...answer } = await once(request, timeout, stop)
        const wait = again === undefined ? undefined : millis(again === FIRST_WAIT ? again * 2 ** attempt : again)
        if (wait === undefined || wait > LONGEST_WAIT || attempt >= retries || stop.aborted) return answer
        await clock.sleep(wait, stop)
      }
    },
  }
}

async function bounded(response: Response): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.length
    if (size > LARGEST_ANSWER) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function bodyOf(bytes: Uint8Array): JsonAnswer {
  try {
    return { kind: 'answer', body: JSON.parse(new TextDecoder().decode(bytes)) }
  } catch {
    return { kind: 'unknown', why: 'ответ не JSON', down: false }
  }
}
