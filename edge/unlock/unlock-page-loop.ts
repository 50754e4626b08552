import { createServer, type RequestListener } from 'node:http'
import { type Clock, seconds } from '#contract/instant.ts'
import type { Log } from '../log.ts'

/** Where the page is offered: loopback, or an address inside the car. */
export type LocalPage = { readonly host: string; readonly port: number }

type Deps = {
  readonly page: LocalPage
  readonly routes: RequestListener
  readonly listening: (port: number | undefined) => void
  readonly clock: Clock
  readonly log: Log
}

const AGAIN = seconds(10)
const CONNECTIONS = 8
const HEADERS_MS = 5000
const REQUEST_MS = 10_000

/** Offers the page until told to stop. A port that cannot be had is tried again: the gateway has more to do than this. */
export async function runUnlockPageLoop(
  { page, routes, listening, clock, log }: Deps,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    const server = createServer({ headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS }, routes)
    server.maxConnections = CONNECTIONS
    const failed = await new Promise<Error | undefined>((done) => {
      const end = (): void => done(undefined)
      server.once('error', done)
      server.listen(page.port, page.host, () => {
        const address = server.address()
        listening(typeof address === 'object' && address !== null ? address.port : undefined)
        if (stop.aborted) end()
        else stop.addEventListener('abort', end, { once: true })
      })
    })
    listening(undefined)
    server.closeAllConnections()
    await new Promise<void>((done) => server.close(() => done()))
    if (failed === undefined) return
    log.warn({ err: failed, host: page.host, port: page.port }, 'unlock-page.not-listening')
    await clock.sleep(AGAIN, stop)
  }
}
