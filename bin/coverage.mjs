#!/usr/bin/env node
// Every branch of the interlock, of the order's life in the car and of its states in the cloud is run by their own tests, or
// this ends with 1. Part of npm test.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PINNED_NODE, ROOT, runToEnd } from './installation.mjs'

const JUDGED = [
  'edge/interlock/**',
  'edge/immobilizer/immobilizer.ts',
  'edge/immobilizer/immobilizer-{state,step}.ts',
  'edge/immobilizer/relay-proof.ts',
  'edge/orders/order-{acceptance,expiry}.ts',
  'cloud/orders/order-state.ts',
]
const BY = [
  'test/edge/interlock',
  'test/edge/immobilizer',
  'test/edge/orders/order-rules.test.ts',
  'test/cloud/orders/order-state.test.ts',
]

const reports = mkdtempSync(join(tmpdir(), 'kordon-coverage-'))
const code = await runToEnd(
  PINNED_NODE,
  [
    join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--isolate=false',
    '--coverage',
    '--coverage.reporter=text',
    `--coverage.reportsDirectory=${reports}`,
    ...JUDGED.map((files) => `--coverage.include=${files}`),
    '--coverage.thresholds.100',
    ...BY,
  ],
  { cwd: ROOT },
)
rmSync(reports, { recursive: true, force: true })
process.exit(code)
