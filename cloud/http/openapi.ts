import type { RouteRoles } from './access.ts'

/** The head of the OpenAPI document; paths come from the schemas of the routes. */
export const openapiHead = (version: string) => ({
  openapi: '3.1.0',
  info: {
    title: 'Kordon',
    version,
    description:
      'Fleet lease telematics: where every car is, and a safe, provable word on its next start. ' +
      'Times are RFC 3339. Every unsafe request accepts an Idempotency-Key header.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  components: {
    securitySchemes: {
      session: { type: 'apiKey' as const, in: 'cookie' as const, name: 'kordon_session' },
      token: { type: 'http' as const, scheme: 'bearer' },
    },
  },
})

/** Pure. What every operation says beyond its own schema: who may call it, and how it fails. */
export function withHouseRules<Schema extends { response?: unknown }>(
  schema: Schema | undefined,
  roles: RouteRoles | undefined,
) {
  const failure = {
    description: 'Problem details (RFC 9457); `code` is stable',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
  const response = { ...(isRecord(schema?.response) ? schema.response : {}), default: failure }
  const access = roles === 'public' ? { security: [] } : { security: [{ session: [] }, { token: [] }] }
  return { ...schema, ...access, response, 'x-kordon-roles': roles === 'public' ? ['public'] : (roles ?? []) }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
