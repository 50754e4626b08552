import type { FastifyRequest } from 'fastify'
import { type EpochMs, minutes } from '#contract/instant.ts'
import type { AuditWord } from '../audit/entry.ts'
import { isUnsafe } from './same-site.ts'

/** What there is to put on record about an answered request. */
export type Answered = {
  readonly request: FastifyRequest
  readonly status: number
  /** Of a list: how many were shown. */
  readonly count: number | undefined
  readonly now: EpochMs
  /** Under a key that nobody keeps: what was asked for, perhaps a name or a number, cannot be read off it. */
  readonly digest: (text: string) => string
}

const REPEATED_LOOKS = minutes(1)
const POLICY = /^\/api\/(policies|rules|access|governor|processes)(\/|$)/

/** Pure. The record of a request: a look, a deed, a refusal; undefined for what goes unrecorded. */
export function wordAbout(answered: Answered): AuditWord | undefined {
  const { request, status, now } = answered
  const { caller } = request
  if (caller === null || request.is404) return undefined
  const { url: route = '', config } = request.routeOptions
  const asked = { method: request.method, route, params: request.params, by: caller.by, status }
  const base = { at: now, by: { kind: 'user' as const, id: caller.id }, subjects: idsIn(request.params) }
  if (status === 403) return { ...base, source: `refused:${request.id}`, kind: 'refused', data: asked }
  if (isUnsafe(request.method)) {
    if (status >= 400) return undefined
    const kind = POLICY.test(route) ? 'policy' : 'request'
    return { ...base, source: `request:${request.id}`, kind, data: asked }
  }
  if (config.looksAt === undefined || config.looksAt === 'nothing' || status >= 300) return undefined
  // A page that asks every second looks once a minute.
  const minute = Math.floor(now / REPEATED_LOOKS)
  const what = answered.digest(JSON.stringify([request.params, request.query]))
  const data = { ...asked, looksAt: config.looksAt, filter: request.query, count: answered.count ?? 1 }
  return { ...base, source: `look:${caller.id}:${route}:${what}:${minute}`, kind: 'look', data: texts(data) }
}

/** Pure. Parsed queries carry moments and numbers; the record has JSON. */
const texts = (data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  JSON.parse(
    JSON.stringify(data, (key, value) => (INSTANTS.has(key) && typeof value === 'number' ? textOf(value) : value)),
  )

const INSTANTS: ReadonlySet<string> = new Set(['from', 'to', 'at'])

const textOf = (moment: number): string => new Date(moment).toISOString()

const idsIn = (params: unknown): readonly string[] =>
  typeof params === 'object' && params !== null ? Object.values(params).filter((id) => typeof id === 'string') : []

/** Pure. How many items a list shows; undefined for what is no list. */
export function countOf(payload: unknown): number | undefined {
  if (typeof payload !== 'object' || payload === null || !('items' in payload)) return undefined
  return Array.isArray(payload.items) ? payload.items.length : undefined
}
