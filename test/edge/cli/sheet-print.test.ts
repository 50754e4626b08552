import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { CommissioningSheet, CommissioningStep, type StepResult } from '#contract/commissioning.ts'
import { epochMs } from '#contract/instant.ts'
import { keepMarks, keepResult, writeSheetFile } from '../../../edge/cli/sheet-file.ts'
import { sheetLines, verdictOf } from '../../../edge/cli/sheet-print.ts'

const dir = mkdtempSync(join(tmpdir(), 'kordon-sheet-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const AT = epochMs(Date.UTC(2026, 10, 22, 9))
const result = (step: CommissioningStep, outcome: StepResult['outcome'] = 'passed'): StepResult => ({
  step,
  outcome,
  at: AT,
  facts: ['seen'],
})
const all = CommissioningStep.options.map((step) => result(step))
const claims = CommissioningSheet.parse({
  schema: 'kordon-commissioning/1',
  gatewayId: 'gw-abcdefgh',
  vehicleId: '3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11',
  at: AT,
  by: 'Иванов',
  note: '',
  software: '0.2.0',
  configuration: { version: 1, hash: 'a'.repeat(64) },
  wiring: 'b'.repeat(64),
  profiles: [],
  results: all,
})
const signed = `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`

test.each([
  { name: 'nothing done', results: [], verdict: 'open', missing: ['doctor', 'gps', 'ignition', 'relay'] },
  { name: 'all passed', results: all, verdict: 'pass', missing: [] },
  {
    name: 'one accepted with words',
    results: [...all.slice(1), result('doctor', 'accepted')],
    verdict: 'pass',
    missing: [],
  },
  { name: 'the relay failed', results: [...all.slice(0, -1), result('relay', 'failed')], verdict: 'fail', missing: [] },
  {
    name: 'failed and not finished',
    results: [result('gps', 'failed')],
    verdict: 'fail',
    missing: ['doctor', 'ignition', 'relay'],
  },
])('$name: $verdict', ({ results, verdict, missing }) => {
  expect(verdictOf({ schema: 'kordon-technician/1', results })).toMatchObject({ verdict, missing, code: null })
})

test('once signed, the sheet carries a QR with gateway, vehicle, verdict and the hash of what was signed', async () => {
  writeSheetFile(dir, { schema: 'kordon-technician/1', results: all, sheet: signed, upload: 'pending' })
  const { said, lines } = await sheetLines(dir)
  const hash = createHash('sha256').update(signed).digest('hex')
  expect(said.code).toBe(
    `kordon-sheet:gw-abcdefgh?vehicle=3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11&at=${AT}&verdict=pass&sha256=${hash}`,
  )
  expect(lines[0]).toBe('PASS')
  expect(lines).toContain('sealed, upload pending')
  expect(lines[1]).toBe('  car        VIN not read')
  expect(lines.join('\n')).toMatch(/[▀▄█]/)
})

test('what was read off the car stands on the sheet, and goes on standing there as steps are done', async () => {
  writeSheetFile(dir, { schema: 'kordon-technician/1', results: [] })
  keepMarks(dir, { vin: 'XZ8LM2C49P1234567', plate: 'А123ВС77' })
  keepResult(dir, result('gps'))
  expect((await sheetLines(dir)).lines[1]).toBe('  car        VIN XZ8LM2C49P1234567, plate А123ВС77')
})
