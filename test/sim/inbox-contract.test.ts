import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { FIRST_MEMORY, type ImmobilizerMemory } from '../../edge/immobilizer/immobilizer-state.ts'
import { createOrderInboxStore, type OrderInboxStore } from '../../edge/orders/order-inbox-store.ts'
import { openDatabase } from '../../edge/state/sqlite-client.ts'
import { failingDisk } from '../support/failing-disk.ts'
import { createSimulatedInbox, emptyInboxFile } from './order-inbox.ts'

type Shelf = {
  /** The process starts on what the one before has left; that one is gone, without a word. */
  start(): OrderInboxStore
  setFull(full: boolean): void
}

function onSqlite(): Shelf {
  const dir = mkdtempSync(join(tmpdir(), 'kordon-inbox-contract-'))
  let db: ReturnType<typeof openDatabase> | undefined
  let isFull = false
  onTestFinished(() => {
    db?.close()
    rmSync(dir, { recursive: true })
  })
  const writes = {
    made: 0,
    get failAt() {
      return isFull ? 0 : Number.POSITIVE_INFINITY
    },
    error: () => new Error('ENOSPC'),
  }
  return {
    start: () => {
      db?.close()
      db = openDatabase(join(dir, 'state.sqlite'))
      return createOrderInboxStore(failingDisk(db, writes))
    },
    setFull: (full) => {
      isFull = full
    },
  }
}

function inTheSimulator(): Shelf {
  const file = emptyInboxFile()
  let isFull = false
  return {
    start: () => createSimulatedInbox({ file, full: () => isFull }),
    setFull: (full) => {
      isFull = full
    },
  }
}

const memoryOf = (highestSeq: number): ImmobilizerMemory => ({ ...FIRST_MEMORY, highestSeq, reported: 'blocked' })

/** What the immobilizer relies on, asked of the real store and of its stand-in alike. */
describe.each([
  { name: 'SQLite', shelf: onSqlite },
  { name: 'the simulator', shelf: inTheSimulator },
])('an order inbox in $name', ({ shelf }) => {
  test('remembers nothing at first', () => {
    expect(shelf().start().load()).toEqual(FIRST_MEMORY)
  })

  test('what save returned from is there after a start, whole and the newest', () => {
    const disk = shelf()
    const inbox = disk.start()
    inbox.save(memoryOf(1))
    inbox.save(memoryOf(2))
    expect(inbox.load()).toEqual(memoryOf(2))
    expect(disk.start().load()).toEqual(memoryOf(2))
  })

  test('a disk that refuses throws, what was saved before stands, and a disk that has room again takes the next', () => {
    const disk = shelf()
    const inbox = disk.start()
    inbox.save(memoryOf(1))
    disk.setFull(true)
    expect(() => inbox.save(memoryOf(2))).toThrow('ENOSPC')
    expect(inbox.load()).toEqual(memoryOf(1))
    disk.setFull(false)
    const again = disk.start()
    expect(again.load()).toEqual(memoryOf(1))
    again.save(memoryOf(3))
    expect(disk.start().load()).toEqual(memoryOf(3))
  })
})

test.each([
  { reached: true, left: 2 },
  { reached: false, left: 1 },
])('a sync cut short leaves the one or the other whole, never a mixture: $left', ({ reached, left }) => {
  const inbox = createSimulatedInbox({ file: emptyInboxFile(), full: () => false })
  inbox.save(memoryOf(1))
  inbox.begin(memoryOf(2))
  inbox.cut(() => reached)
  expect(inbox.load()).toEqual(memoryOf(left))
})
