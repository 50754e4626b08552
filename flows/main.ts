import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { join, resolve } from 'node:path'
import RED from 'node-red'
import { HELP, parseConfig } from './config.ts'
import { flowSettings } from './flow-settings.ts'
import { createFlowStore, loadFlows } from './flow-store.ts'

if (process.argv.includes('--help')) {
  process.stdout.write(HELP)
  process.exit(0)
}

function prepare() {
  const config = parseConfig(process.env)
  return { config, files: loadFlows(import.meta.dirname) }
}

try {
  const { config, files } = prepare()
  const userDir = resolve(config.dataDir, 'flows')
  mkdirSync(userDir, { recursive: true })
  // Node-RED looks into its folder for installed nodes; there are none.
  writeFileSync(join(userDir, 'package.json'), '{ "name": "kordon-flows", "private": true }\n')
  // The flows say ${KORDON_URL}: Node-RED replaces it from the environment, so no address or token stands in a file.
  process.env['KORDON_URL'] = config.url
  process.env['KORDON_FLOWS_WEBHOOK_TOKEN'] = config.webhook.token ?? ''

  let admin: RequestListener = (_request, response) => response.writeHead(404).end()
  const server = createServer((request, response) => admin(request, response))
  RED.init(
    server,
    flowSettings(config, userDir, join(import.meta.dirname, 'nodes'), createFlowStore(files), randomUUID()),
  )
  if (config.editor !== undefined) admin = RED.httpAdmin
  RED.events.on('flows:started', () => process.stdout.write('flows.started\n'))
  await RED.start()
  if (config.editor !== undefined) server.listen(config.editor.port, '127.0.0.1')

  const stop = async () => {
    server.close()
    await RED.stop()
    process.exit(0)
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
} catch (cause) {
  process.stderr.write(`${cause instanceof Error ? cause.message : cause}\n`)
  process.exit(1)
}
