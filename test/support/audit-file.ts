import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { epochMs } from '#contract/instant.ts'
import { createCheckpointStore } from '../../cloud/audit/checkpoint-store.ts'
import { leafText } from '../../cloud/audit/entry.ts'
import { append, EMPTY, leafHash, rootOf, type Sha256 } from '../../cloud/audit/merkle.ts'

export const sha256: Sha256 = (...parts) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Leaves as an installation writes them. */
export const auditLeaf = (position: number): string =>
  leafText(position, {
    source: `decision:${position}`,
    at: epochMs(1_770_000_000_000 + position * 997),
    kind: position % 7 === 0 ? 'look' : 'decision',
    by: { kind: 'user', id: '2f0f7b0e-2b7a-4f0e-8a55-0d1f4d6c2a11' },
    subjects: [`0a0e7b1c-8f5e-4a63-9d9a-${String(position % 1500).padStart(12, '0')}`],
    data: { kind: 'hold-placed', reason: 'zone', note: { '#': 'ab'.repeat(32) }, at: position },
  })

/** An export of so many entries in a folder of its own, made by the service's own tree, with checkpoints on the way. */
export async function writeAuditFile(entries: number, checkpointsEvery = 0) {
  const folder = mkdtempSync(join(tmpdir(), 'kordon-audit-'))
  const file = join(folder, 'audit.jsonl')
  const store = createCheckpointStore(folder, [])
  const out = createWriteStream(file)
  let frontier = EMPTY
  const sign = (at: string) => store.sign({ size: frontier.size, root: rootOf(sha256, frontier), at })
  for (let position = 0; position < entries; position += 1) {
    const leaf = auditLeaf(position)
    frontier = append(sha256, frontier, leafHash(sha256, leaf)).frontier
    if (!out.write(`${leaf}\n`)) await once(out, 'drain')
    if (checkpointsEvery > 0 && frontier.size % checkpointsEvery === 0) store.write(sign('2026-11-21T00:00:00.000Z'))
  }
  const checkpoint = sign('2026-11-22T00:00:00.000Z')
  out.end(`${JSON.stringify({ checkpoint, publicKeyPem: store.publicKeyPem })}\n`)
  await once(out, 'close')
  return {
    folder,
    file,
    key: join(folder, 'audit.pub.pem'),
    checkpoints: join(folder, 'checkpoints', 'checkpoints.jsonl'),
  }
}
