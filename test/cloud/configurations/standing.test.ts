import { expect, test } from 'vitest'
import { standingOf } from '../../../cloud/configurations/standing.ts'

const desired = { version: 5, hash: 'five' }
const said = (
  outcome: 'waiting' | 'applied' | 'refused' | 'rolled-back' | 'local-override',
  hash: string,
  appliedHash: string,
) => ({
  outcome,
  version: 5,
  hash,
  appliedHash,
  overrideHash: outcome === 'local-override' ? appliedHash : null,
})

test.each([
  { name: 'nothing wanted, nothing said', wanted: undefined, reported: undefined, expected: 'none' },
  {
    name: 'nothing wanted, the technician’s own in force',
    wanted: undefined,
    reported: said('applied', 'own', 'own'),
    expected: 'none',
  },
  { name: 'wanted, nothing said', wanted: desired, reported: undefined, expected: 'pending' },
  {
    name: 'wanted, the older one in force',
    wanted: desired,
    reported: said('applied', 'four', 'four'),
    expected: 'pending',
  },
  { name: 'wanted and in force', wanted: desired, reported: said('applied', 'five', 'five'), expected: 'applied' },
  { name: 'waiting for the ignition', wanted: desired, reported: said('waiting', 'five', 'four'), expected: 'waiting' },
  { name: 'refused', wanted: desired, reported: said('refused', 'five', 'four'), expected: 'refused' },
  {
    name: 'an older one was refused',
    wanted: desired,
    reported: said('refused', 'three', 'four'),
    expected: 'pending',
  },
  { name: 'rolled back', wanted: desired, reported: said('rolled-back', 'five', 'four'), expected: 'rolled-back' },
  {
    name: 'a technician changed it',
    wanted: desired,
    reported: said('local-override', 'own', 'own'),
    expected: 'local-override',
  },
])('$name → $expected', ({ wanted, reported, expected }) => {
  expect(standingOf(wanted, reported)).toBe(expected)
})
