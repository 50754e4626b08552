import { createHash } from 'node:crypto'
import QRCode from 'qrcode'
import { CommissioningSheet, CommissioningStep, REQUIRED_STEPS, type StepResult } from '#contract/commissioning.ts'
import { readSheetFile, type SheetFile } from './sheet-file.ts'
import { photoWords } from './sheet-photos.ts'
import { said as spoken } from './speech.ts'
import { markWords } from './vehicle-marks.ts'

export type SheetVerdict = {
  /** `open`: a step that is needed was not done yet. */
  readonly verdict: 'pass' | 'fail' | 'open'
  readonly steps: readonly { readonly step: string; readonly outcome: string; readonly at: string | null }[]
  readonly missing: readonly string[]
  /** VIN and plate as they were read off the car; empty while nobody did. */
  readonly vehicle: string
  readonly photos: readonly string[]
  readonly sealed: 'no' | 'here' | 'uploaded'
  /** What the QR says: gateway, vehicle, verdict and the SHA-256 of the signed sheet, by which the office finds the same one. */
  readonly code: string | null
}

/** Pure. The sheet as it stands, step by step. */
export function verdictOf({ results, vehicle, photos = [], sheet, upload }: SheetFile): SheetVerdict {
  const done = new Map(results.map((result) => [result.step, result]))
  const missing = REQUIRED_STEPS.filter((step) => !done.has(step))
  const failed = results.some(({ outcome }) => outcome === 'failed')
  const verdict = failed ? 'fail' : missing.length > 0 ? 'open' : 'pass'
  const steps = CommissioningStep.options.flatMap((step): SheetVerdict['steps'] => {
    const result: StepResult | undefined = done.get(step)
    const needed = REQUIRED_STEPS.some((one) => one === step)
    if (result === undefined) return needed ? [{ step, outcome: 'not done', at: null }] : []
    return [{ step, outcome: result.outcome, at: new Date(result.at).toISOString() }]
  })
  const sealed = sheet === undefined ? 'no' : upload === 'done' ? 'uploaded' : 'here'
  return {
    verdict,
    steps,
    missing,
    vehicle: markWords(vehicle),
    photos: photos.map((photo) => `${photo.name}: ${photoWords(photo)}`),
    sealed,
    code: sheet === undefined ? null : codeOf(sheet, verdict),
  }
}

function codeOf(sheet: string, verdict: string): string {
  const claims = Buffer.from(sheet.split('.')[1] ?? '', 'base64url').toString('utf8')
  const { gatewayId, vehicleId, at } = CommissioningSheet.parse(JSON.parse(claims))
  const hash = createHash('sha256').update(sheet).digest('hex')
  return `kordon-sheet:${gatewayId}?vehicle=${vehicleId}&at=${at}&verdict=${verdict}&sha256=${hash}`
}

/** Two columns: what, and what of it. */
const line = (what: string, words: string): string => `  ${spoken(what).padEnd(10)} ${words}`.trimEnd()

/** The pass/fail sheet on the terminal, its QR below once it is signed. Resolves to the lines. */
export async function sheetLines(
  dir: string,
): Promise<{ readonly said: SheetVerdict; readonly lines: readonly string[] }> {
  const said = verdictOf(readSheetFile(dir))
  const picture =
    said.code === null ? [] : [await QRCode.toString(said.code, { type: 'terminal', small: true }), said.code]
  const lines = [
    spoken({ pass: 'PASS', fail: 'FAIL', open: 'NOT FINISHED' }[said.verdict]),
    line('car', spoken(said.vehicle === '' ? 'VIN not read' : said.vehicle)),
    ...said.steps.map(({ step, outcome, at }) => line(step, `${spoken(outcome).padEnd(9)} ${at ?? ''}`)),
    ...said.photos.map((photo) => line('photo', photo)),
    spoken({ no: 'not sealed', here: 'sealed, upload pending', uploaded: 'sealed and uploaded' }[said.sealed]),
    ...picture,
  ]
  return { said, lines }
}
