import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GatewayId, StreamId } from '#contract/ids.ts'
import { type Clock, epochMs, millis } from '#contract/instant.ts'
import type { Log } from '../../../cloud/log.ts'

export const GATEWAY = GatewayId.parse('gw-journal1')
export const STREAM = StreamId.parse('00112233-4455-4677-8899-aabbccddeeff')
export const OTHER_STREAM = StreamId.parse('10112233-4455-4677-8899-aabbccddeeff')

export const realClock: Clock = {
  now: () => epochMs(Date.now()),
  steady: () => millis(performance.now()),
  sleep: (length, stop) =>
    new Promise((done) => {
      if (stop.aborted) return done()
      const timer = setTimeout(done, length)
      stop.addEventListener(
        'abort',
        () => {
          clearTimeout(timer)
          done()
        },
        { once: true },
      )
    }),
}

export function tempDir(): { readonly dir: string; readonly file: (name: string) => string; remove(): void } {
  const dir = mkdtempSync(join(tmpdir(), 'kordon-journal-'))
  return { dir, file: (name) => join(dir, name), remove: () => rmSync(dir, { recursive: true, force: true }) }
}

/** A log that remembers. */
export function listeningLog(): Log & { readonly lines: { event: string; fields: Record<string, unknown> }[] } {
  const lines: { event: string; fields: Record<string, unknown> }[] = []
  const keep = (fields: object, event: string) => void lines.push({ event, fields: { ...fields } })
  return { lines, debug: keep, info: keep, warn: keep, error: keep }
}

export const frameAt = (readAt: number, more: object = {}) => ({
  kind: 'frame',
  readAt,
  timeQuality: 'gnss',
  lat: 55.751244,
  lon: 37.618423,
  fix: '3d',
  speedKmh: 43.2,
  gnssTrust: 'ok',
  relay: 'closed',
  ...more,
})

export const batchOf = (firstSeq: number, records: readonly unknown[], stream: string = STREAM): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ v: 1, stream, firstSeq, records }))

/** Waits for a condition, looking again at each turn of the event loop. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 15_000): Promise<void> {
  const giveUp = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > giveUp) throw new Error('the condition did not come true')
    await new Promise((done) => setTimeout(done, 5))
  }
}
