#!/usr/bin/env node
// The CLI on the pinned Node, whatever Node runs this file: profiles and wiring at the vehicle, process files on the spot, the rest over REST.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { missingRuntime, PINNED_NODE, ROOT } from './installation.mjs'

const args = process.argv.slice(2)
const AT_THE_VEHICLE = new Set(['profile', 'edge'])
const ON_THE_SPOT = new Map([
  ['process', 'cloud/processes/main.ts'],
  ['broker', 'cloud/broker/main.ts'],
])
const target = AT_THE_VEHICLE.has(args[0]) ? 'edge/cli/main.ts' : (ON_THE_SPOT.get(args[0]) ?? 'cloud/cli/main.ts')

if (!existsSync(PINNED_NODE)) {
  console.error(missingRuntime())
  process.exit(1)
}
const child = spawn(PINNED_NODE, [join(ROOT, target), ...args], { stdio: 'inherit' })
child.once('error', (error) => {
  console.error(error.message)
  process.exit(127)
})
child.once('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]))
// A terminal sends Ctrl-C to both of us; the child answers it.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGTERM'))
