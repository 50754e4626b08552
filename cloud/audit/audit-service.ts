import { createHash } from 'node:crypto'
import { Instant } from '#contract/instant.ts'
import { Fault } from '../http/fault.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import type { AuditEntry, AuditQuery, AuditStore } from './audit-store.ts'
import { createCheck, type Finding } from './check.ts'
import type { SignedCheckpoint } from './checkpoint.ts'
import type { CheckpointStore } from './checkpoint-store.ts'
import { AuditActor, type AuditWord, commitmentsIn, conceal, leafText } from './entry.ts'
import type { LeafJournalStore } from './leaf-journal-store.ts'
import {
  append,
  consistencyPath,
  type Frontier,
  inclusionPath,
  KEPT_LEVEL,
  leafHash,
  type Node,
  type Range,
  rangeHash,
  rootOf,
  type Sha256,
  subtreesOf,
} from './merkle.ts'

type Deps = Pick<Postgres, 'db' | 'inTransaction'> & {
  readonly world: World
  readonly auditStore: (db: Db) => AuditStore
  readonly checkpoints: CheckpointStore
  /** Beside an embedded database only: another one keeps what it has committed. */
  readonly journal: LeafJournalStore | undefined
  /** Tells somebody elsewhere of a checkpoint. */
  readonly announce: (checkpoint: SignedCheckpoint) => Promise<void>
}

const AT_ONCE = 500

/** A free word, by its name, as whoever asks may see it. */
type Veil = (word: string, value: string) => string | null

type Checked = {
  readonly finding: Finding
  readonly entries: number
  /** Kept outside the database, each held against the entries; and when the newest of them was signed. */
  readonly checkpoints: number
  readonly newestAt: string | null
}

export type AuditService = ReturnType<typeof createAuditService>

/** Puts facts on record: into the tree once each, in one order for all instances, under signed roots. */
export function createAuditService(deps: Deps) {
  const { db, inTransaction, world, auditStore, checkpoints, journal } = deps
  const { clock, log } = world
  const store = auditStore(db)

  const record = async (within: Db, words: readonly AuditWord[]): Promise<void> => {
    const details: { word: AuditWord; commitment: string; salt: string; value: string }[] = []
    const kept = words.map((word) => ({
      ...word,
      data: conceal(word.data, (value) => {
        const salt = Buffer.from(world.randomBytes(16))
        const commitment = createHash('sha256').update(salt).update(value).digest('hex')
        details.push({ word, commitment, salt: salt.toString('hex'), value })
        return commitment
      }),
    }))
    const fresh = await auditStore(within).put(kept)
    const rows = details.filter(({ word }) => fresh.has(word.source))
    await auditStore(within).putDetails(
      rows.map(({ word: { subjects, at }, commitment, salt, value }) => ({ commitment, salt, value, subjects, at })),
    )
  }

  /** Takes what waits into the tree; resolves to how many leaves it became. */
  const advance = async (): Promise<number> => {
    const taken = await inTransaction(async (within) => {
      const tree = auditStore(within)
      const head = await tree.lockedHead()
      const waiting = await tree.waiting(AT_ONCE)
      const known = await tree.known(waiting.map(({ source }) => source))
      const grown = grow(
        head,
        waiting.filter(({ source }) => !known.has(source)),
      )
      await tree.append(grown.entries, grown.nodes, grown.frontier)
      await tree.taken(waiting.map(({ source }) => source))
      return waiting.length
    })
    await intoJournal()
    return taken
  }
  /** What an earlier append could not write comes first: the journal goes on where it ends, whatever the database says. */
  const intoJournal = async (): Promise<void> => {
    if (journal === undefined) return
    const { size } = await store.head()
    for (let at = journal.size(); at < size; at = journal.size())
      journal.append((await store.leavesFrom(at, size, AT_ONCE)).map(journaled))
  }

  const hashOf = async (range: Range): Promise<string> => {
    const hashes: string[] = []
    for (const { level, index } of subtreesOf(range)) {
      const kept = level < KEPT_LEVEL ? undefined : await store.node(level, index)
      hashes.push(kept ?? (await hashedAgain(index * 2 ** level, 2 ** level)))
    }
    return rangeHash(sha256, hashes)
  }
  const hashedAgain = async (from: number, count: number): Promise<string> => {
    const [first, ...rest] = subtreesOf({ from, count })
    if (first === undefined || rest.length > 0 || first.level > KEPT_LEVEL) throw new Error('a subtree is missing')
    const hashes = await store.hashesOf(from, count)
    if (hashes.length !== count) throw new Error(`leaves ${from} to ${from + count} are not all there`)
    return perfectRoot(hashes)
  }
  const signedNow = async (): Promise<SignedCheckpoint> => {
    // What is signed is a promise: a power cut may not take it back.
    await intoJournal()
    const head = await store.head()
    return checkpoints.sign({ size: head.size, root: rootOf(sha256, head), at: Instant.encode(clock.now()) })
  }

  let running: Promise<Checked> | undefined
  const checkAll = async (): Promise<Checked> => {
    const kept = await checkpoints.kept()
    const check = createCheck(sha256, kept)
    const head = await store.head()
    for (let from = 0; from < head.size; ) {
      const leaves = await store.leavesFrom(from, head.size, AT_ONCE)
      const last = leaves.at(-1)
      if (last === undefined) break
      for (const leaf of leaves) check.add(leaf)
      from = last.position + 1
      // Others are answered meanwhile.
      await new Promise((done) => setImmediate(done))
    }
    const finding = check.found({ size: head.size, root: rootOf(sha256, head) })
    if (finding.kind !== 'whole') log.error({ finding }, 'audit.not-as-signed')
    return { finding, entries: head.size, checkpoints: kept.length, newestAt: kept.at(-1)?.at ?? null }
  }

  return {
    /** Within the transaction of what the words tell. A source that was told before changes nothing. */
    record,
    /** What stands by itself, such as a sign-in. */
    tell: (words: readonly AuditWord[]): Promise<void> => record(db, words),

    advance: async (): Promise<void> => {
      while ((await advance()) > 0);
    },

    /** Signs the tree as it is, keeps the checkpoint here and elsewhere. Does nothing when the newest covers it already. */
    checkpoint: async (): Promise<SignedCheckpoint | undefined> => {
      const { size } = await store.head()
      const newest = await store.newestCheckpoint()
      if (size === 0 || (newest !== undefined && newest.size >= size)) return undefined
      const signed = await signedNow()
      for (const { folder, err } of checkpoints.write(signed))
        log.error({ err, folder }, 'audit.checkpoint-not-written')
      const { root, keyId, signature } = signed
      await store.keepCheckpoint({ size: signed.size, root, keyId, signature, at: Instant.parse(signed.at) })
      await deps.announce(signed).catch((err: unknown) => log.warn({ err }, 'audit.checkpoint-not-announced'))
      return signed
    },

    /** Signed now, over everything in the tree; with the key that proves it. */
    current: async () => ({ checkpoint: await signedNow(), publicKeyPem: checkpoints.publicKeyPem }),

    /** Newest first, free words filled in where they have not been forgotten. */
    list: async (query: AuditQuery, veil: Veil = (_word, value) => value) => {
      const entries = await store.list(query)
      const shown = entries.map((entry) => ({ entry, leaf: JSON.parse(entry.leaf) }))
      const words = await store.detailsOf(shown.flatMap(({ leaf }) => commitmentsIn(leaf.data)))
      const by = shown.map(({ leaf }) => AuditActor.parse(leaf.by))
      const told = shown.map(({ entry, leaf }) => [...entry.subjects, ...idsIn(leaf.data)])
      const names = await store.namesOf([...new Set([...by.map(({ id }) => id), ...told.flat()])])
      return shown.map(({ entry, leaf }, index) => {
        const { kind = 'nobody', id = '' } = by[index] ?? {}
        const labels = Object.fromEntries(
          (told[index] ?? []).flatMap((one) => (names.has(one) ? [[one, names.get(one) ?? '']] : [])),
        )
        return { entry, labels, data: fillIn(leaf.data, words, veil), by: { kind, id, name: names.get(id) ?? null } }
      })
    },

    /** Faults: audit/unknown. */
    inclusion: async (position: number) => {
      const checkpoint = await signedNow()
      const entry = await store.find(position)
      if (entry === undefined || position >= checkpoint.size) throw new Fault('audit/unknown')
      const proof = await Promise.all(inclusionPath(position, checkpoint.size).map(hashOf))
      return { leaf: entry.leaf, hash: entry.hash, checkpoint, proof }
    },

    /** Faults: audit/unknown when the tree is not that large. */
    consistency: async (from: number) => {
      const checkpoint = await signedNow()
      if (from > checkpoint.size || from < 1) throw new Fault('audit/unknown')
      return { from, checkpoint, proof: await Promise.all(consistencyPath(from, checkpoint.size).map(hashOf)) }
    },

    /** The tree as lines of text, leaves first and the checkpoint over them last, read page by page. */
    exported: async function* (): AsyncGenerator<string> {
      const checkpoint = await signedNow()
      for (let from = 0; from < checkpoint.size; ) {
        const leaves = await store.leavesFrom(from, checkpoint.size, 2000)
        const last = leaves.at(-1)
        if (last === undefined) throw new Error(`leaf ${from} is missing`)
        yield `${leaves.map(({ leaf }) => leaf).join('\n')}\n`
        from = last.position + 1
      }
      yield `${JSON.stringify({ checkpoint, publicKeyPem: checkpoints.publicKeyPem })}\n`
    },

    /** Brings database and leaf journal to the same length; to be called before anything is recorded. */
    open: async (): Promise<void> => {
      if (journal === undefined) return
      const { size } = await store.head()
      for (let at = size; at < journal.size(); ) {
        const lost = journal.from(at, AT_ONCE).map(({ row }) => rowOf(row))
        await inTransaction(async (within) => {
          const head = await auditStore(within).lockedHead()
          const grown = again(head, lost)
          await auditStore(within).append(lost, grown.nodes, grown.frontier)
        })
        at += lost.length
        log.warn({ leaves: lost.length }, 'audit.recovered')
      }
      await intoJournal()
      const newest = checkpoints.newest()
      if (newest === undefined) return
      const head = await store.head()
      const met = newest.size <= head.size && (await hashOf({ from: 0, count: newest.size })) === newest.root
      if (!met) log.error({ size: head.size, signed: newest.size, at: newest.at }, 'audit.not-as-signed')
    },

    /** Reads everything again, leaf by leaf, against the head and all checkpoints kept outside the database. */
    check: (): Promise<Checked> => {
      running ??= checkAll().finally(() => {
        running = undefined
      })
      return running
    },

    /** What was said about one of these, for an export; and forgetting it. The tree stays whole. */
    wordsAbout: store.detailsAbout,
    forgetAbout: store.forgetAbout,
    forgetWordsBefore: store.forgetBefore,
  }
}

const sha256: Sha256 = (...parts) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

type Grown = { readonly frontier: Frontier; readonly nodes: readonly Node[] }

function grow(head: Frontier, words: readonly AuditWord[]): Grown & { readonly entries: readonly AuditEntry[] } {
  const entries = words.map((word, index): AuditEntry => {
    const position = head.size + index
    const leaf = leafText(position, word)
    const { source, at, kind, subjects } = word
    return { position, source, at, kind, byId: word.by.id, subjects, leaf, hash: leafHash(sha256, leaf) }
  })
  return { entries, ...again(head, entries) }
}

function again(head: Frontier, entries: readonly Pick<AuditEntry, 'hash'>[]): Grown {
  let frontier = head
  const nodes: Node[] = []
  for (const { hash } of entries) {
    const step = append(sha256, frontier, hash)
    frontier = step.frontier
    nodes.push(...step.nodes)
  }
  return { frontier, nodes }
}

/** The root over 2^n leaves. */
function perfectRoot(hashes: readonly string[]): string {
  return rootOf(
    sha256,
    again(
      { size: 0, peaks: [] },
      hashes.map((hash) => ({ hash })),
    ).frontier,
  )
}

const journaled = (entry: AuditEntry) => ({ position: entry.position, row: JSON.stringify(entry) })

// Our own file, written a moment ago by the function above.
const rowOf = (row: string): AuditEntry => JSON.parse(row)

/** Where a word has been forgotten, its commitment stays visible. */
function fillIn(value: unknown, words: ReadonlyMap<string, string>, veil: Veil, under = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => fillIn(item, words, veil, under))
  if (typeof value !== 'object' || value === null) return value
  if ('#' in value && typeof value['#'] === 'string') {
    const word = words.get(value['#'])
    return word === undefined ? value : veil(under, word)
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fillIn(inner, words, veil, key)]))
}

/** Pure. Everything in an entry that may be an id of something. */
const idsIn = (value: unknown): readonly string[] =>
  typeof value === 'string'
    ? UUID.test(value)
      ? [value]
      : []
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(idsIn)
      : []
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
