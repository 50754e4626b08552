import { createServer, type IncomingMessage } from 'node:http'

type Bucket = { id: string; orgID: string; name: string; retentionRules: { type: string; everySeconds: number }[] }
type Mapping = {
  id: string
  orgID: string
  bucketID: string
  database: string
  retention_policy: string
  default: boolean
}
type Task = { id: string; orgID: string; name: string; flux: string }

const ORG = { id: '0a1b2c3d4e5f6071', name: 'kordon' }
const TOKEN = 'all-access'

/**
 * InfluxDB 2.7's HTTP answers, as its published API contract gives them, for what `kordon history init` asks: paths,
 * statuses, bodies, and the refusals. Not the server: no machine of ours has the 2.x package.
 */
export async function startFakeInflux2() {
  const buckets: Bucket[] = []
  const mappings: Mapping[] = []
  const tasks: Task[] = []
  const points = new Map<string, Set<string>>()
  let ids = 0
  const newId = (): string => (++ids).toString(16).padStart(16, '0')

  const answerTo = (method: string, url: URL, body: string): { status: number; body: unknown } => {
    const asked = url.searchParams
    const wrong = (status: number, code: string, message: string) => ({ status, body: { code, message } })
    const route = `${method} ${url.pathname.replace(/[0-9a-f]{16}$/, ':id')}`
    switch (route) {
      case 'GET /api/v2/orgs':
        return asked.get('org') === ORG.name
          ? { status: 200, body: { links: { self: '/api/v2/orgs' }, orgs: [ORG] } }
          : wrong(404, 'not found', `organization name "${asked.get('org')}" not found`)
      case 'GET /api/v2/buckets':
        return { status: 200, body: { buckets: buckets.filter(({ name }) => name === asked.get('name')) } }
      case 'POST /api/v2/buckets': {
        const wish = JSON.parse(body) as Omit<Bucket, 'id'>
        if (buckets.some(({ name }) => name === wish.name))
          return wrong(422, 'conflict', `bucket with name ${wish.name} already exists`)
        if (wish.retentionRules.some(({ everySeconds }) => everySeconds < 3600))
          return wrong(422, 'unprocessable entity', 'retention policy duration must be at least 1h0m0s')
        const made = { id: newId(), ...wish }
        buckets.push(made)
        return { status: 201, body: made }
      }
      case 'PATCH /api/v2/buckets/:id': {
        const found = buckets.find(({ id }) => url.pathname.endsWith(id))
        if (found === undefined) return wrong(404, 'not found', 'bucket not found')
        Object.assign(found, JSON.parse(body))
        return { status: 200, body: found }
      }
      case 'GET /api/v2/dbrps':
        return { status: 200, body: { content: mappings.filter(({ database }) => database === asked.get('db')) } }
      case 'POST /api/v2/dbrps': {
        const made = { id: newId(), ...(JSON.parse(body) as Omit<Mapping, 'id'>) }
        mappings.push(made)
        return { status: 201, body: made }
      }
      case 'GET /api/v2/tasks':
        return { status: 200, body: { tasks: tasks.filter(({ name }) => name === asked.get('name')) } }
      case 'POST /api/v2/tasks': {
        const { orgID, flux } = JSON.parse(body) as { orgID: string; flux: string }
        const name = /option task = \{[^}]*name: "([^"]+)"/.exec(flux)?.[1]
        if (name === undefined) return wrong(400, 'invalid', 'missing name in task options')
        const made = { id: newId(), orgID, name, flux }
        tasks.push(made)
        return { status: 201, body: made }
      }
      case 'POST /api/v2/write': {
        const bucket = asked.get('bucket') ?? ''
        if (!buckets.some(({ name }) => name === bucket)) return wrong(404, 'not found', `bucket "${bucket}" not found`)
        const kept = points.get(bucket) ?? new Set()
        for (const line of body.split('\n')) kept.add(line)
        points.set(bucket, kept)
        return { status: 204, body: undefined }
      }
      case 'GET /query': {
        const mapped = mappings.find(({ database }) => database === asked.get('db'))
        const bucket = buckets.find(({ id }) => id === mapped?.bucketID)
        const count = bucket === undefined ? 0 : (points.get(bucket.name)?.size ?? 0)
        const series = [{ name: 'kordon_probe', columns: ['time', 'count'], values: [['1970-01-01T00:00:00Z', count]] }]
        return { status: 200, body: { results: [{ statement_id: 0, ...(count > 0 ? { series } : {}) }] } }
      }
      default:
        return wrong(404, 'not found', 'path not found')
    }
  }

  const server = createServer(async (request, reply) => {
    const body = await textOf(request)
    const url = new URL(request.url ?? '', 'http://influx')
    const isKnown = request.headers.authorization === `Token ${TOKEN}`
    const answer = isKnown
      ? answerTo(request.method ?? '', url, body)
      : { status: 401, body: { code: 'unauthorized', message: 'unauthorized access' } }
    reply.writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8' })
    reply.end(answer.body === undefined ? '' : JSON.stringify(answer.body))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    token: TOKEN,
    ...{ buckets, mappings, tasks, points },
    stop: () => new Promise<void>((done) => server.close(() => done())),
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
