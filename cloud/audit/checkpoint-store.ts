import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import {
  appendFileSync,
  closeSync,
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { type Checkpoint, checkpointText, type SignedCheckpoint } from './checkpoint.ts'

export type CheckpointStore = {
  /** Names the key: the first half of SHA-256 of its public half, hex. */
  readonly keyId: string
  readonly publicKeyPem: string
  sign(checkpoint: Checkpoint): SignedCheckpoint
  /** Adds a line to `checkpoints.jsonl` in every folder, on disk when it returns; resolves the folders that failed. */
  write(checkpoint: SignedCheckpoint): readonly { readonly folder: string; readonly err: unknown }[]
  /** What lies in these folders, smallest first, each once; a folder out of reach has nothing. */
  kept(): Promise<readonly Checkpoint[]>
  newest(): Checkpoint | undefined
}

const Line = z.object({ size: z.int().min(0), root: z.string(), at: z.string() })
const FILE = 'checkpoints.jsonl'

/** `folder/audit.key.pem` (0600), made when absent, and the checkpoints outside the database, in as many folders as named. */
export function createCheckpointStore(folder: string, more: readonly string[]): CheckpointStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'audit.key.pem')
  if (!existsSync(path)) {
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
    writeFileSync(`${path}.new`, pem, { mode: 0o600, flush: true })
    renameSync(`${path}.new`, path)
  }
  const key = createPrivateKey(readFileSync(path))
  const publicKey = createPublicKey(key)
  const publicKeyPem = String(publicKey.export({ type: 'spki', format: 'pem' }))
  const der = publicKey.export({ type: 'spki', format: 'der' })
  const keyId = createHash('sha256').update(der).digest('hex').slice(0, 32)
  writeFileSync(join(folder, 'audit.pub.pem'), publicKeyPem)
  const places = [join(folder, 'checkpoints'), ...more]
  const kept = async (): Promise<readonly Checkpoint[]> => {
    const found = new Map<string, Checkpoint>()
    for (const path of places.map((place) => join(place, FILE)).filter((path) => existsSync(path)))
      for await (const line of createInterface(createReadStream(path))) {
        // A torn last line is mended when the next one is written.
        const parsed = Line.safeParse(jsonOf(line))
        if (!parsed.success) continue
        const { size, root, at } = parsed.data
        found.set(`${size} ${root}`, { size, root, at })
      }
    return [...found.values()].toSorted((one, other) => one.size - other.size)
  }
  return {
    kept,
    newest: () =>
      places
        .flatMap((place) => endOf(join(place, FILE)).lines.slice(-1))
        .flatMap((line) => Line.safeParse(jsonOf(line)).data ?? [])
        .toSorted((one, other) => one.size - other.size)
        .at(-1),
    keyId,
    publicKeyPem,
    sign: (checkpoint) => ({
      ...checkpoint,
      keyId,
      signature: sign(null, Buffer.from(checkpointText(checkpoint)), key).toString('base64url'),
    }),
    write: (checkpoint) =>
      places.flatMap((place) => {
        try {
          mkdirSync(place, { recursive: true })
          dropTorn(join(place, FILE))
          appendFileSync(join(place, FILE), `${JSON.stringify(checkpoint)}\n`, { flush: true })
          return []
        } catch (err) {
          return [{ folder: place, err }]
        }
      }),
  }
}

const LONGEST = 4096

/** The last bytes of a file, cut off behind its last line feed, and where that is; nothing where there is no file. */
function endOf(path: string): {
  readonly lines: readonly string[]
  readonly torn: 'torn' | 'whole'
  readonly at: number
} {
  if (!existsSync(path)) return { lines: [], torn: 'whole', at: 0 }
  const { size } = statSync(path)
  const from = Math.max(0, size - LONGEST)
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(size - from)
    readSync(file, bytes, 0, bytes.length, from)
    const end = bytes.lastIndexOf(0x0a) + 1
    const lines = bytes
      .toString('utf8', 0, end)
      .split('\n')
      .slice(from === 0 ? 0 : 1, -1)
    return { lines, torn: end < bytes.length ? 'torn' : 'whole', at: from + end }
  } finally {
    closeSync(file)
  }
}

/** What a power cut left of a line is no checkpoint, and would spoil the next one. */
function dropTorn(path: string): void {
  const { torn, at } = endOf(path)
  if (torn === 'torn') truncateSync(path, at)
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
