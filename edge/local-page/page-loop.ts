import { chmodSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { type Clock, seconds } from '#contract/instant.ts'
import type { Log } from '../log.ts'

/** Where the page is offered: loopback, or an address inside the car. */
export type LocalPage = { readonly host: string; readonly port: number }

/** A port, or a Unix socket for this user alone. */
export type Place = LocalPage | { readonly socketPath: string }

type Deps = {
  readonly place: Place
  readonly routes: RequestListener
  readonly listening: (port: number | undefined) => void
  readonly clock: Clock
  readonly log: Log
}

const AGAIN = seconds(10)
const CONNECTIONS = 8
const HEADERS_MS = 5000
const REQUEST_MS = 10_000

/** Listens until told to stop. A place that cannot be had is tried again: the gateway has more to do than this. */
export async function runPageLoop({ place, routes, listening, clock, log }: Deps, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const server = createServer({ headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS }, routes)
    server.maxConnections = CONNECTIONS
    const failed = await new Promise<Error | undefined>((done) => {
      const end = (): void => done(undefined)
      const ready = (): void => {
        const address = server.address()
        if ('socketPath' in place) chmodSync(place.socketPath, 0o600)
        else listening(typeof address === 'object' && address !== null ? address.port : undefined)
        if (stop.aborted) end()
        else stop.addEventListener('abort', end, { once: true })
      }
      server.once('error', done)
      if ('socketPath' in place) {
        // Left by a killed service; its folder belongs to this user alone.
        rmSync(place.socketPath, { force: true })
        server.listen(place.socketPath, ready)
      } else server.listen(place.port, place.host, ready)
    })
    listening(undefined)
    server.closeAllConnections()
    await new Promise<void>((done) => server.close(() => done()))
    if (failed === undefined) return
    log.warn({ err: failed, place }, 'local-page.not-listening')
    await clock.sleep(AGAIN, stop)
  }
}
