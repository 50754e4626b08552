import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { epochMs, millis } from '#contract/instant.ts'
import {
  type Odometer,
  odometerAt,
  readDashboard,
  readPlace,
  readWheel,
  restarted,
} from '../../../edge/odometer/odometer.ts'
import { createOdometerStore, odometerText, readOdometerText } from '../../../edge/odometer/odometer-store.ts'
import { openDatabase } from '../../../edge/state/sqlite-client.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kordon-odometer-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const open = () => {
  const db = openDatabase(join(dir, 'state.sqlite'))
  return { store: createOdometerStore(db), db }
}
const driven: Odometer = readWheel(
  readDashboard(
    readPlace(odometerAt(0), { lat: 55, lon: 37, time: epochMs(1_795_000_000_000) }, 'on', millis(0)),
    45_000,
    millis(0),
  ),
  36,
  millis(1000),
  1.02,
)

test('everything that outlives a restart is there after a power cut, place and calibration too', () => {
  open().store.save(driven)
  // Not closed: the power went.
  const { store, db } = open()
  const kept = store.load()
  const { trail: _trail, ...path } = driven.path
  expect(kept).toEqual({ ...restarted(driven), path })
  expect(kept).toMatchObject({ metres: 45_000_000, wheelScale: 1.02, dashboard: { offsetM: 0 } })
  db.close()
})

test('metres never go back, and those of earlier software are taken over', () => {
  const { store, db } = open()
  db.exec('INSERT INTO odometer (id, metres) VALUES (1, 1234.5)')
  expect(store.load().metres).toBe(1234.5)
  store.save(odometerAt(2000))
  store.save(odometerAt(1500))
  expect(store.load().metres).toBe(2000)
  db.close()
})

test.each([
  { name: 'its own text', text: odometerText(odometerAt(7)), metres: 7 },
  { name: 'bare metres', text: '12.5', metres: 12.5 },
  {
    name: 'metres beside what cannot be read any more',
    text: '{"metres": 12.5, "path": {"anchor": {"lat": "north"}}, "by": 3, "dashboard": null}',
    metres: 12.5,
  },
  { name: 'nothing', text: undefined, metres: undefined },
  { name: 'another text', text: '{"metres": "many"}', metres: undefined },
  { name: 'broken text', text: '{"metres', metres: undefined },
])('a note of $name', ({ text, metres }) => {
  expect(readOdometerText(text)?.metres).toBe(metres)
})
