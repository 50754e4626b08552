import { describe, expect, test } from 'vitest'
import { seenChange, taskWords } from '../../../../cloud/processes/desk/card-log.ts'
import type { FieldWord } from '../../../../cloud/processes/desk/may.ts'
import type { Sight } from '../../../../cloud/processes/desk/sight.ts'
import { machineOf } from '../running-shop.ts'
import { SMALL_SHOP } from '../small-shop.ts'

const machine = machineOf(SMALL_SHOP)
const sightOf = (word: FieldWord): Sight => ({
  roles: ['manager'],
  rights: {
    stage: () => 'write',
    field: () => word,
    shown: (_entity, _field, value) => (value === null ? null : `…${value.slice(-2)}`),
  },
})
const set = { kind: 'set', path: 'deal.phone', from: null, to: '+79161234567' }

describe('a line of the log by the rights of whoever reads', () => {
  test.each([
    { word: 'write', expected: set },
    { word: 'read', expected: set },
    { word: 'masked', expected: { ...set, to: '…67' } },
    { word: 'hidden', expected: undefined },
  ] as const)('a field that is $word', ({ word, expected }) => {
    expect(seenChange(machine, sightOf(word), 'set', set)).toEqual(expected)
  })

  test('a closed task is called by its name, and so is its outcome', () => {
    expect(taskWords(machine, 'call', 'no_answer')).toEqual({ title: 'Позвонить', outcomeTitle: 'Недозвон' })
  })

  test('an answer of a process is called by its button', () => {
    expect(taskWords(machine, 'contract.ask_head', 'rework')).toEqual({
      title: 'Договор',
      outcomeTitle: 'На доработку',
    })
  })
})
