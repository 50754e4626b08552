import { createReadStream, existsSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { extname, join, normalize } from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.geojson': 'application/geo+json',
  '.svg': 'image/svg+xml',
}

/** Serves a built console and passes everything below /api on to a cloud, as a gateway in front of both would. A cloud that has to know this address first is named later. */
export async function startConsoleFront(options: {
  readonly dist: string
  readonly cloud: string | (() => string)
  /** The port of one that was closed: the same address answers again. */
  readonly port?: number
}) {
  const server = createServer((incoming, answer) => {
    const path = new URL(incoming.url ?? '/', 'http://front').pathname
    if (!path.startsWith('/api/')) {
      const file = join(options.dist, normalize(path))
      const found = path !== '/' && existsSync(file) ? file : join(options.dist, 'index.html')
      answer.writeHead(200, { 'content-type': TYPES[extname(found)] ?? 'application/octet-stream' })
      createReadStream(found).pipe(answer)
      return
    }
    const { method, headers, url } = incoming
    const cloud = new URL(typeof options.cloud === 'string' ? options.cloud : options.cloud())
    const passed = request(
      { host: cloud.hostname, port: cloud.port, method, path: url, headers, agent: false },
      (said) => {
        answer.writeHead(said.statusCode ?? 502, said.headers)
        said.pipe(answer)
      },
    )
    passed.on('error', () => answer.destroy())
    answer.on('close', () => passed.destroy())
    incoming.pipe(passed)
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
