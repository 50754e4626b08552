import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { CLOUD_FLAGS } from '../../bin/installation.mjs'
import { configHelp } from '../../cloud/config.ts'
import { HELP as FLOWS_HELP } from '../../flows/config.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

const Name = z.string().regex(/^[a-z][a-z0-9-]*$/)
const Duration = z.string().regex(/^\d+(ms|s|m|h)$/)
const Environment = z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.union([z.string(), z.number()]))

/** The part of the Compose specification that this file uses; a key outside of it is a mistake. */
const Service = z
  .strictObject({
    image: z.string().min(1),
    build: z.strictObject({ context: z.literal('.'), target: Name }).optional(),
    command: z.array(z.string()).optional(),
    user: z.string().optional(),
    profiles: z.array(Name).optional(),
    environment: Environment.optional(),
    depends_on: z
      .record(Name, z.strictObject({ condition: z.enum(['service_healthy', 'service_completed_successfully']) }))
      .optional(),
    volumes: z.array(z.string().regex(/^[^:]+:\/[^:]+(:ro)?$/)).optional(),
    ports: z.array(z.string().regex(/^((127\.0\.0\.1):)?\d+:\d+$/)).optional(),
    healthcheck: z
      .strictObject({
        test: z.tuple([z.enum(['CMD', 'CMD-SHELL'])], z.string()),
        interval: Duration,
        timeout: Duration,
        retries: z.int().min(1),
        start_period: Duration.optional(),
      })
      .optional(),
    network_mode: z.literal('none').optional(),
    read_only: z.boolean().optional(),
    tmpfs: z.array(z.string()).optional(),
    cap_drop: z.array(z.literal('ALL')).optional(),
    security_opt: z.array(z.literal('no-new-privileges:true')).optional(),
    mem_limit: z.string().optional(),
    stop_grace_period: Duration.optional(),
    restart: z.literal('unless-stopped').optional(),
  })
  .refine(
    (service) => service.restart === undefined || service.healthcheck !== undefined,
    'a service that stays has a healthcheck',
  )
const Compose = z.strictObject({ services: z.record(Name, Service), volumes: z.record(Name, z.null()) })

const compose = Compose.parse(parse(read('docker-compose.yml')))
const services = Object.entries(compose.services)
const ours = services.filter(([, service]) => service.build !== undefined)
const sourcesOf = (service: z.infer<typeof Service>) =>
  (service.volumes ?? []).map((volume) => volume.split(':')[0] ?? '')

test('all that exists has a service', () => {
  expect(Object.keys(compose.services)).toEqual(
    expect.arrayContaining(['cloud', 'broker', 'postgres', 'influxdb', 'flows', 'prometheus', 'demo']),
  )
})

test('every service that is waited for exists, and every volume is declared and used', () => {
  const waitedFor = services.flatMap(([, service]) => Object.keys(service.depends_on ?? {}))
  expect(waitedFor.filter((name) => compose.services[name] === undefined)).toEqual([])
  const named = services.flatMap(([, service]) => sourcesOf(service)).filter((source) => !source.startsWith('.'))
  expect([...new Set(named)].sort()).toEqual(Object.keys(compose.volumes).sort())
})

test('every file that is mounted is in the repository', () => {
  const mounted = services.flatMap(([, service]) => sourcesOf(service)).filter((source) => source.startsWith('.'))
  expect(mounted.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  expect(mounted).not.toHaveLength(0)
})

test('the image starts the cloud with the same flags as `npm start` does', () => {
  const start = ['node', ...CLOUD_FLAGS, 'cloud/main.ts']
  expect(read('Dockerfile')).toContain(`CMD ${JSON.stringify(start).replaceAll(',', ', ')}`)
})

test('every target that is built is a stage of the Dockerfile, whose last word about the user is not root', () => {
  const stages = [...read('Dockerfile').matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, stage]) => stage)
  expect(ours.map(([, { build }]) => build?.target).filter((target) => !stages.includes(target))).toEqual([])
  expect([...read('Dockerfile').matchAll(/^USER (\S+)$/gm)].at(-1)?.[1]).toBe('kordon')
})

test.each(ours)('%s runs read-only, without capabilities', (_name, service) => {
  expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
})

test('only the broker of the gateways is reachable from outside', () => {
  const open = services.flatMap(([name, service]) =>
    (service.ports ?? []).filter((port) => !port.startsWith('127.')).map((port) => [name, port]),
  )
  expect(open).toEqual([['broker', '8883:8883']])
})

describe('environment', () => {
  const namesOf = (name: string) => Object.keys(compose.services[name]?.environment ?? {})

  test.each(namesOf('cloud'))('cloud: %s is a variable that its --help lists', (variable) => {
    expect(configHelp()).toMatch(new RegExp(`^\\s*${variable}\\b`, 'm'))
  })
  test.each(namesOf('flows'))('flows: %s is a variable that its --help lists', (variable) => {
    expect(FLOWS_HELP).toMatch(new RegExp(`^\\s*${variable}\\b`, 'm'))
  })

  test('every secret comes from .env, has no default, and stands in deploy/example.env', () => {
    const text = read('docker-compose.yml')
    const asked = [...text.matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name ?? '')
    expect([...new Set(asked)].sort()).toEqual([
      'INFLUX_PASSWORD',
      'INFLUX_TOKEN',
      'KORDON_BROKER_PASSWORD',
      'POSTGRES_PASSWORD',
    ])
    const all = [...text.matchAll(/\$\{([A-Z_]+)[:}]/g)].map(([, name]) => name ?? '')
    expect(
      [...new Set(all)].filter((name) => !new RegExp(`^#? ?${name}=`, 'm').test(read('deploy/example.env'))),
    ).toEqual([])
  })
})
