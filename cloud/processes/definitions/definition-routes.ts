import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import { callerOf, EVERY_ROLE } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import type { DefinitionStore } from '../definition-store.ts'
import { problemIn } from '../lint/problem-words.ts'
import type { DefinitionService } from './definition-service.ts'
import { drawing } from './drawing.ts'
import { speechIn } from './speech.ts'

const tags = ['definitions']
/** The language that is asked for first. */
const languageOf = (headers: { readonly 'accept-language'?: string | undefined }): 'ru' | 'en' =>
  headers['accept-language']?.startsWith('en') === true ? 'en' : 'ru'
const reads = { roles: EVERY_ROLE }
const changes = { roles: ['owner', 'head'] as const }
const Version = z.strictObject({ version: z.coerce.number().int().min(1) })
const File = z.strictObject({ name: z.string().min(1).max(120), text: z.string().max(400_000) })
const Problem = z.object({
  file: z.string(),
  line: z.int(),
  column: z.int(),
  check: z.int(),
  message: z.string(),
  advice: z.string(),
})
const Item = z.object({
  version: z.int(),
  note: z.string(),
  loadedAt: Instant,
  loadedBy: z.string(),
  activatedAt: Instant.nullable(),
  activatedBy: z.string().nullable(),
  cards: z.int(),
  active: z.boolean(),
})

/** Versions of the definitions: checked, compared, drawn, switched on. */
export function createDefinitionRoutes({
  definitions,
  store,
}: {
  readonly definitions: DefinitionService
  readonly store: DefinitionStore
}): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/api/definitions',
      {
        config: reads,
        schema: {
          tags,
          summary: 'Versions, newest first, with the cards that stand on each',
          response: { 200: z.object({ items: z.array(Item), nextCursor: z.null() }) },
        },
      },
      async () => {
        const rows = await store.list()
        const standing = Map.groupBy(await store.standing(), ({ definition }) => definition)
        const active = (await store.active())?.version
        return {
          items: rows.map((row) => ({
            ...row,
            cards: (standing.get(row.version) ?? []).reduce((sum, { count }) => sum + count, 0),
            active: row.version === active,
          })),
          nextCursor: null,
        }
      },
    )

    const Files = z.strictObject({ files: z.array(File).min(1).max(200), note: z.string().max(500).default('') })
    const limit = { bodyLimit: 8 * 1024 * 1024 }
    app.post(
      '/api/definitions/check',
      {
        ...limit,
        config: { ...changes, roles: [...changes.roles] },
        schema: {
          tags,
          summary: 'Check files without keeping them',
          body: Files,
          response: { 200: z.object({ problems: z.array(Problem) }) },
        },
      },
      async (request) => ({
        problems: definitions.check(request.body.files).map(problemIn(languageOf(request.headers))),
      }),
    )
    app.post(
      '/api/definitions',
      {
        ...limit,
        config: { roles: [...changes.roles] },
        schema: {
          tags,
          summary: 'Keep files as a version; nothing runs on it yet',
          body: Files,
          response: { 201: z.object({ version: z.int() }) },
        },
      },
      async (request, reply) => {
        const version = await definitions.load(request.body.files, request.body.note, callerOf(request).name)
        return reply.status(201).send({ version })
      },
    )

    app.post(
      '/api/definitions/play',
      {
        ...limit,
        config: { roles: [...changes.roles], replay: 'never' },
        schema: {
          tags,
          summary: 'Try files or a version on recorded events: what would become of each card. Nothing is kept or sent',
          body: z.strictObject({
            version: z.int().min(1).optional(),
            files: z.array(File).max(200).optional(),
            events: z.string().max(100_000),
          }),
          response: { 200: z.object({ lines: z.array(z.string()) }) },
        },
      },
      async (request) => ({ lines: [...(await definitions.play(request.body, request.body.events))] }),
    )
    app.get(
      '/api/definitions/:version',
      {
        config: reads,
        schema: {
          tags,
          summary: 'The files of a version',
          params: Version,
          response: { 200: z.object({ version: z.int(), files: z.array(File) }) },
        },
      },
      async (request) => {
        const found = await store.find(request.params.version)
        if (found === undefined) throw new Fault('definition/unknown')
        return { version: found.version, files: found.files.map(({ name, text }) => ({ name, text })) }
      },
    )
    app.get(
      '/api/definitions/:version/difference',
      {
        config: reads,
        schema: {
          tags,
          summary: 'What changes, in words',
          params: Version,
          querystring: z.strictObject({ from: z.coerce.number().int().min(1) }),
          response: { 200: z.object({ lines: z.array(z.string()) }) },
        },
      },
      async (request) => {
        const { version } = request.params
        const lines = await definitions.diff(request.query.from, version)
        const { own } = speechIn(languageOf(request.headers), (await definitions.definitionsOf(version)).english)
        return { lines: lines.map(own) }
      },
    )
    app.get(
      '/api/definitions/:version/drawings/:id',
      {
        config: reads,
        schema: {
          tags,
          summary:
            'A pipeline or a process as SVG; `language`: of a picture, which sends no words of the page that shows it',
          params: Version.extend({ id: z.string().max(80) }),
          querystring: z.strictObject({ language: z.enum(['ru', 'en']).optional() }),
        },
      },
      async (request, reply) => {
        const found = await definitions.definitionsOf(request.params.version)
        const language = request.query.language ?? languageOf(request.headers)
        const svg = drawing(found, request.params.id, language)
        if (svg === undefined) throw new Fault('pipeline/unknown')
        return reply.header('content-type', 'image/svg+xml; charset=utf-8').send(svg)
      },
    )
    app.post(
      '/api/definitions/:version/activate',
      {
        config: { roles: [...changes.roles], secondFactor: 'fresh' },
        schema: {
          tags,
          summary: 'New cards are born on it; standing ones stay on theirs, or come along',
          params: Version,
          body: z.strictObject({
            cards: z.enum(['keep', 'move']).default('keep'),
            mapping: z.record(z.string(), z.record(z.string(), z.string())).default({}),
          }),
          response: { 200: z.object({ version: z.int(), carried: z.int() }) },
        },
      },
      async (request) => {
        const { carried } = await definitions.activate(request.params.version, {
          ...request.body,
          by: callerOf(request).name,
        })
        return { version: request.params.version, carried }
      },
    )
  }
}
