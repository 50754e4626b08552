import { createHash, createPublicKey, hash, verify } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { z } from 'zod'
import { CommandFailed } from './api-client.ts'
import type { Terminal } from './terminal.ts'

// Written apart from the service that makes the tree: the two agree because RFC 6962 says so, not because they share code.

const Checkpoint = z.object({
  size: z.int().min(0),
  root: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.string(),
  keyId: z.string(),
  signature: z.string(),
})
type Checkpoint = z.infer<typeof Checkpoint>
const LastLine = z.object({ checkpoint: Checkpoint, publicKeyPem: z.string() })

export type VerifyOptions = {
  /** PEM of the key that has to have signed; without it the one in the export is believed, and named. */
  readonly key?: string
  /** `checkpoints.jsonl` as it was kept elsewhere: each of its roots has to come out of these lines too. */
  readonly checkpoints?: string
}

export type Verified = {
  readonly entries: number
  readonly root: string
  readonly at: string
  readonly keyId: string
  /** Whether the key was named by who asks, or is just the one that came along. */
  readonly keyFrom: 'given' | 'export'
  readonly checkpointsMet: number
}

/** Verifies an export offline and prints what holds; throws CommandFailed naming the first thing that does not. */
export async function verifyAudit(terminal: Terminal, file: string, options: VerifyOptions): Promise<void> {
  const found = await verifyExport(file, options)
  terminal.result(found, () => [
    `${found.entries} entries, root ${found.root}`,
    `signed ${found.at} by key ${found.keyId}${found.keyFrom === 'export' ? ' (which came with the export: name yours by --key)' : ''}`,
    ...(options.checkpoints === undefined ? [] : [`${found.checkpointsMet} earlier checkpoints met`]),
    'Nothing was changed, left out, added or moved.',
  ])
}

/** Throws CommandFailed with the code audit/tampered, or audit/unreadable for what is no export. */
export async function verifyExport(file: string, options: VerifyOptions): Promise<Verified> {
  const earlier = options.checkpoints === undefined ? [] : readCheckpoints(options.checkpoints)
  const wanted = new Set(earlier.map(({ size }) => size))
  const tree = createTree()
  const roots = new Map<number, string>()
  let last: Buffer | undefined
  for await (const lines of linesOf(file)) {
    for (const line of lines) {
      if (last !== undefined) {
        refuseMisplaced(last, tree.size())
        tree.add(last)
        if (wanted.has(tree.size())) roots.set(tree.size(), tree.root())
      }
      last = line
    }
  }
  const { checkpoint, publicKeyPem } = lastLine(last?.toString('utf8', 1) ?? '')
  if (checkpoint.size !== tree.size())
    throw tampered(`the checkpoint covers ${checkpoint.size} entries, the file has ${tree.size()}`)
  if (checkpoint.root !== tree.root()) throw tampered('the entries do not give the signed root')
  const pem = options.key === undefined ? publicKeyPem : readFileSync(options.key, 'utf8')
  if (canonicalPem(publicKeyPem) !== publicKeyPem || canonicalPem(pem) !== publicKeyPem)
    throw tampered('the export came with another key')
  refuseUnsigned(checkpoint, pem)
  for (const known of earlier) {
    refuseUnsigned(known, pem)
    if (known.size > tree.size()) throw tampered(`entries are missing: a checkpoint covered ${known.size} of them`)
    const root = known.size === 0 ? known.root : roots.get(known.size)
    if (root !== known.root)
      throw tampered(`the first ${known.size} entries are not those of the checkpoint of ${known.at}`)
  }
  const keyFrom = options.key === undefined ? 'export' : 'given'
  const { root, at, keyId } = checkpoint
  return { entries: tree.size(), root, at, keyId, keyFrom, checkpointsMet: earlier.length }
}

const tampered = (what: string): CommandFailed => new CommandFailed('audit/tampered', what)
const unreadable = (what: string): CommandFailed => new CommandFailed('audit/unreadable', what)

function lastLine(line: string): z.infer<typeof LastLine> {
  const parsed = LastLine.safeParse(jsonOf(line))
  if (!parsed.success || JSON.stringify(parsed.data) !== line) throw unreadable('the last line is no signed checkpoint')
  return parsed.data
}

function readCheckpoints(file: string): readonly Checkpoint[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.flatMap((line, at) => {
    if (line === '') return []
    const parsed = Checkpoint.safeParse(jsonOf(line))
    if (!parsed.success) throw unreadable(`line ${at + 1} of the checkpoints is none`)
    return [parsed.data]
  })
}

const jsonOf = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** A leaf names its own place, so that a reader of the lines alone is not misled. */
function refuseMisplaced(line: Buffer, position: number): void {
  const head = `{"v":1,"position":${position},`
  if (line.toString('latin1', 1, 1 + head.length) !== head)
    throw tampered(`line ${position + 1} is not entry ${position}`)
}

function canonicalPem(pem: string): string {
  try {
    return String(createPublicKey(pem).export({ type: 'spki', format: 'pem' }))
  } catch {
    throw unreadable('the key is no PEM public key')
  }
}

function refuseUnsigned({ size, root, at, keyId, signature }: Checkpoint, pem: string): void {
  const key = createPublicKey(pem)
  const own = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 32)
  if (own !== keyId) throw tampered(`the checkpoint of ${at} was signed by key ${keyId}, not by ${own}`)
  const text = `kordon-audit-v1\n${size}\n${root}\n${at}\n`
  const bytes = Buffer.from(signature, 'base64url')
  // The last letter of base 64 has bits that mean nothing: only one spelling is ours.
  if (bytes.toString('base64url') !== signature || !verify(null, Buffer.from(text), key, bytes))
    throw tampered(`the signature of the checkpoint of ${at} does not fit`)
}

/**
 * Lines by the line feed alone: other line breaks may stand inside JSON text. Each has a zero before it, in the place of
 * the line feed that ended the one before: the prefix of a leaf, without a copy of the leaf.
 */
async function* linesOf(file: string): AsyncGenerator<readonly Buffer[]> {
  let rest = Buffer.alloc(1)
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    const bytes = Buffer.concat([rest, chunk])
    const lines: Buffer[] = []
    let from = 1
    for (let at = bytes.indexOf(LINE_FEED, from); at !== -1; at = bytes.indexOf(LINE_FEED, from)) {
      bytes[from - 1] = 0
      lines.push(bytes.subarray(from - 1, at))
      from = at + 1
    }
    rest = bytes.subarray(from - 1)
    yield lines
  }
  rest[0] = 0
  if (rest.length > 1) yield [rest]
}

const LINE_FEED = 10

type Subtree = { readonly level: number; readonly hash: Buffer }

/** RFC 6962, 2.1, by the stack of full subtrees. */
function createTree() {
  const stack: Subtree[] = []
  let size = 0
  const pair = Buffer.alloc(65, 1)
  const nodeOf = (left: Buffer, right: Buffer): Buffer => {
    left.copy(pair, 1)
    right.copy(pair, 33)
    return hash('sha256', pair, 'buffer')
  }
  return {
    size: () => size,
    /** The leaf with its zero before it. */
    add: (leaf: Buffer): void => {
      let top: Subtree = { level: 0, hash: hash('sha256', leaf, 'buffer') }
      for (let under = stack.at(-1); under?.level === top.level; under = stack.at(-1)) {
        stack.pop()
        top = { level: top.level + 1, hash: nodeOf(under.hash, top.hash) }
      }
      stack.push(top)
      size += 1
    },
    root: (): string => {
      const [last, ...before] = stack.toReversed()
      if (last === undefined) return hash('sha256', Buffer.alloc(0), 'hex')
      return before.reduce((root, { hash: left }) => nodeOf(left, root), last.hash).toString('hex')
    },
  }
}
