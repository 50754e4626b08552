import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import { type Caller, callerOf, EVERY_ROLE, type RouteRoles } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { PolicyValue } from './policy.ts'
import type { Author, PolicyNow, PolicyService } from './policy-service.ts'

const tags = ['policies']
const MAY_CHANGE: RouteRoles = ['owner', 'head']

const View = z
  .strictObject({
    id: z.string(),
    type: z.string(),
    /** Money in kopecks, durations in milliseconds. */
    value: PolicyValue,
    shipped: PolicyValue,
    min: z.int().nullable(),
    max: z.int().nullable(),
    choices: z.array(z.string()).readonly(),
    unit: z.string(),
    who: z.enum(['head', 'owner']),
    title: z.strictObject({ ru: z.string(), en: z.string(), noteRu: z.string() }),
    /** 0: as shipped. Send it back as If-Match to change the value. */
    version: z.int(),
    changed: z.strictObject({ at: Instant, by: z.string(), why: z.string() }).nullable(),
  })
  .meta({ id: 'Policy' })

const PresetView = z
  .strictObject({
    id: z.string(),
    ru: z.string(),
    en: z.string(),
    noteRu: z.string(),
    values: z.record(z.string(), PolicyValue),
  })
  .meta({ id: 'PolicyPreset' })

const viewOf = ({ spec, value, version, changed }: PolicyNow): z.infer<typeof View> => ({
  id: spec.id,
  type: spec.type,
  value,
  shipped: spec.value,
  min: spec.min ?? null,
  max: spec.max ?? null,
  choices: spec.choices,
  unit: spec.unit,
  who: spec.who,
  title: { ru: spec.ru, en: spec.en, noteRu: spec.noteRu },
  version,
  changed: changed === undefined ? null : { at: changed.at, by: changed.byName, why: changed.why },
})

const Why = z.string().trim().min(3).max(500)
const params = z.strictObject({ id: z.string().max(64) })
const authorOf = ({ id, login, role }: Caller): Author => ({ id, name: login, role })

/** The version a change is based on: `If-Match: "3"`. */
function baseOf(header: string | undefined): number {
  const found = /^(?:W\/)?"(\d{1,9})"$/.exec(header ?? '')
  if (found === null) throw new Fault('policy/base-missing')
  return Number(found[1])
}

/** Numbers the owner may set. */
export function createPolicyRoutes(policies: PolicyService): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/policies',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Policies with their bounds, and the presets',
          response: {
            200: z.strictObject({ items: z.array(View), presets: z.array(PresetView), nextCursor: z.null() }),
          },
        },
      },
      async () => ({
        items: (await policies.list()).map(viewOf),
        presets: policies.presets.map((preset) => ({ ...preset, values: { ...preset.values } })),
        nextCursor: null,
      }),
    )
    app.get(
      '/api/policies/:id',
      {
        config: { roles: EVERY_ROLE },
        schema: { tags, summary: 'One policy; ETag is its version', params, response: { 200: View } },
      },
      async (request, reply) => {
        const now = await policies.get(request.params.id)
        reply.header('etag', `"${now.version}"`)
        return viewOf(now)
      },
    )
    app.put(
      '/api/policies/:id',
      {
        config: { roles: MAY_CHANGE, secondFactor: 'fresh' },
        schema: {
          tags,
          summary: 'Set a policy',
          description: 'If-Match carries the version you saw. Some policies only the owner may change: see `who`.',
          params,
          headers: z.looseObject({ 'if-match': z.string().optional() }),
          body: z.strictObject({ value: PolicyValue, why: Why }),
          response: { 200: View },
        },
      },
      async (request, reply) => {
        const { value, why } = request.body
        const base = baseOf(request.headers['if-match'])
        const now = await policies.set(request.params.id, { value, why, base, by: authorOf(callerOf(request)) })
        reply.header('etag', `"${now.version}"`)
        return viewOf(now)
      },
    )
    app.get(
      '/api/policies/:id/history',
      {
        config: { roles: EVERY_ROLE },
        schema: {
          tags,
          summary: 'Who changed it, when and why, newest first',
          params,
          querystring: z.strictObject({
            limit: z.coerce.number().int().min(1).max(200).default(50),
            cursor: z.coerce.number().int().min(0).optional(),
          }),
          response: {
            200: z.strictObject({
              items: z.array(
                z.strictObject({ version: z.int(), value: PolicyValue, at: Instant, by: z.string(), why: z.string() }),
              ),
              nextCursor: z.string().nullable(),
            }),
          },
        },
      },
      async (request) => {
        const { limit, cursor } = request.query
        const rows = await policies.history(request.params.id, cursor ?? Number.MAX_SAFE_INTEGER, limit + 1)
        const page = rows.slice(0, limit)
        return {
          items: page.map(({ version, value, at, byName, why }) => ({ version, value, at, by: byName, why })),
          nextCursor: rows.length > limit ? String(page.at(-1)?.version ?? 0) : null,
        }
      },
    )
    app.post(
      '/api/policies/presets/:id',
      {
        config: { roles: ['owner'], secondFactor: 'fresh' },
        schema: {
          tags,
          summary: 'Take over every value of a preset',
          params,
          body: z.strictObject({ why: Why }),
          response: { 200: z.strictObject({ items: z.array(View) }) },
        },
      },
      async (request) => ({
        items: (await policies.takePreset(request.params.id, request.body.why, authorOf(callerOf(request)))).map(
          viewOf,
        ),
      }),
    )
  }
}
