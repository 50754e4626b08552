import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainPlate } from '#contract/vehicle-marks.ts'
import { cellsOf, readVehicles } from '../../../cloud/cli/vehicle-csv.ts'

describe('a file of vehicles', () => {
  test('every wrong line is named with its number and all its mistakes, the good ones are taken', () => {
    const { good, wrong } = readVehicles(
      [
        '\uFEFFГосномер;Модель;VIN;Парк',
        'А001ВС77;Haval Jolion;XZ8LM2C49P1234567;Основной парк',
        ';Haval;;',
        'А 001 вс 77;Haval;;',
        'В002ВВ77;Geely;IOQ;',
        'Е003КХ77;"Lada; Vesta";;',
        '',
        'К004МН77;Chery',
      ].join('\n'),
      plainPlate,
    )
    expect(good).toEqual([
      { line: 2, plate: 'А001ВС77', model: 'Haval Jolion', vin: 'XZ8LM2C49P1234567', park: 'Основной парк' },
      { line: 6, plate: 'Е003КХ77', model: 'Lada; Vesta' },
    ])
    expect(wrong.map(({ line }) => line)).toEqual([3, 4, 5, 8])
    expect(wrong.map(({ why }) => why).join('\n')).toMatch(/plate has 2 to 16.*line 2 already.*no VIN.*2 cells/s)
  })

  test('a head without plate or model is refused in words', () => {
    expect(() => readVehicles('a,b\n1,2', plainPlate)).toThrow('the first line names the columns')
  })

  test('whatever stands in a cell comes back, quoted as RFC 4180 asks', () => {
    const cell = fc.string({ maxLength: 12 }).map((text) => text.replaceAll('\r', '').trim())
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 8 }), (rows) => {
        const kept = rows.filter((row) => row.some((one) => one !== ''))
        const quoted = kept.map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(','))
        const read = cellsOf(['x,y', ...quoted].join('\n')).slice(1)
        expect(read.map(({ cells }) => cells)).toEqual(kept.map((row) => [...row]))
      }),
      { numRuns: 300 },
    )
  })
})
