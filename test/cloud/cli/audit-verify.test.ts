import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyExport } from '../../../cloud/cli/audit-verify.ts'
import { writeAuditFile } from '../../support/audit-file.ts'

let made: Awaited<ReturnType<typeof writeAuditFile>>
let folder: string
let bytes: Buffer
const ENTRIES = 61
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kordon-tampered-'))
  made = await writeAuditFile(ENTRIES, 20)
  bytes = readFileSync(made.file)
})
afterAll(() => {
  for (const path of [folder, made.folder]) rmSync(path, { recursive: true, force: true })
})

const verified = async (content: Uint8Array | string, checkpoints?: string) => {
  const file = join(folder, 'export.jsonl')
  writeFileSync(file, content)
  return verifyExport(file, { key: made.key, ...(checkpoints === undefined ? {} : { checkpoints }) }).then(
    (found) => found.entries,
    (err: { code?: string }) => err.code ?? String(err),
  )
}

/** Something done to a file by somebody who hopes that nobody sees it. */
type Tampering =
  | { kind: 'flip'; at: number; bit: number }
  | { kind: 'cut'; at: number; length: number }
  | { kind: 'insert'; at: number; byte: number }
  | { kind: 'swap'; one: number; other: number }
  | { kind: 'drop-line'; line: number }
  | { kind: 'double-line'; line: number }

const place = fc.nat({ max: 1_000_000 })
const tampering: fc.Arbitrary<Tampering> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.nat({ max: 7 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: place, length: fc.integer({ min: 1, max: 2000 }) }),
  fc.record({ kind: fc.constant('insert' as const), at: place, byte: fc.nat({ max: 255 }) }),
  fc.record({ kind: fc.constant('swap' as const), one: place, other: place }),
  fc.record({ kind: fc.constant('drop-line' as const), line: place }),
  fc.record({ kind: fc.constant('double-line' as const), line: place }),
)

function tampered(original: Buffer, what: Tampering): Buffer {
  const lines = () => original.toString('latin1').trimEnd().split('\n')
  const joined = (all: readonly string[]) => Buffer.from(`${all.join('\n')}\n`, 'latin1')
  switch (what.kind) {
    case 'flip': {
      const changed = Buffer.from(original)
      const at = what.at % changed.length
      changed[at] = (changed[at] ?? 0) ^ (1 << what.bit)
      return changed
    }
    case 'cut': {
      const at = what.at % original.length
      return Buffer.concat([original.subarray(0, at), original.subarray(at + what.length)])
    }
    case 'insert': {
      const at = what.at % (original.length + 1)
      return Buffer.concat([original.subarray(0, at), Buffer.of(what.byte), original.subarray(at)])
    }
    case 'swap': {
      const all = lines()
      const [one, other] = [what.one % all.length, what.other % all.length]
      return joined(all.with(one, all[other] ?? '').with(other, all[one] ?? ''))
    }
    case 'drop-line':
      return joined(lines().toSpliced(what.line % lines().length, 1))
    case 'double-line': {
      const all = lines()
      const at = what.line % all.length
      return joined(all.toSpliced(at, 0, all[at] ?? ''))
    }
    default:
      return what satisfies never
  }
}

/** A missing line feed at the very end takes nothing away. */
const means = (content: Buffer): string => content.toString('latin1').replace(/\n$/, '')

describe('an export', () => {
  test('verifies as it was written, with and without the checkpoints kept elsewhere', async () => {
    expect(await verified(bytes)).toBe(ENTRIES)
    expect(await verified(bytes, made.checkpoints)).toBe(ENTRIES)
  })

  test('every tampering is found', async () => {
    const runs = Number(process.env['KORDON_TAMPERINGS'] ?? 1000)
    await fc.assert(
      fc.asyncProperty(tampering, async (what) => {
        const changed = tampered(bytes, what)
        fc.pre(means(changed) !== means(bytes))
        expect(await verified(changed)).toMatch(/^audit\//)
      }),
      { numRuns: runs },
    )
  }, 3_600_000)

  test('signed anew by who has the database but not the key, it is found', async () => {
    const other = await writeAuditFile(ENTRIES - 1)
    expect(await verified(readFileSync(other.file))).toBe('audit/tampered')
    rmSync(other.folder, { recursive: true, force: true })
  })

  test('cut short and signed anew with the stolen key, it is found by a checkpoint kept elsewhere', async () => {
    const shorter = await writeAuditFile(30)
    const file = shorter.file
    await expect(verifyExport(file, { key: shorter.key })).resolves.toMatchObject({ entries: 30 })
    const elsewhere = await writeAuditFile(40, 40)
    await expect(verifyExport(file, { key: shorter.key, checkpoints: elsewhere.checkpoints })).rejects.toMatchObject({
      code: 'audit/tampered',
    })
    for (const path of [shorter.folder, elsewhere.folder]) rmSync(path, { recursive: true, force: true })
  })

  test('a key of somebody else proves nothing', async () => {
    const key = join(folder, 'other.pem')
    writeFileSync(key, generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }))
    await expect(verifyExport(made.file, { key })).rejects.toMatchObject({ code: 'audit/tampered' })
  })
})
