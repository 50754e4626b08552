import { describe, expect, test } from 'vitest'
import { parseBatch } from '#contract/batch.ts'
import { encodeCompactBatch } from '#contract/compact-batch.ts'
import { Seq, StreamId } from '#contract/ids.ts'
import { parseRecord } from '#contract/record.ts'
import { reasonWords } from '../../../cloud/console/quarantine/reason-words.ts'
import { wordsOf } from './support/words.ts'

const STREAM = StreamId.parse('00112233-4455-4677-8899-aabbccddeeff')
const REST = { timeQuality: 'gnss', fix: '3d', gnssTrust: 'ok', relay: 'closed' }
const FRAME = { kind: 'frame', readAt: 1_795_378_973_015, ...REST }
const EVENT = { kind: 'event', name: 'gap', at: 5, data: {} }
const REPORT = { kind: 'report', orderId: STREAM, orderSeq: 1, state: 'received', relay: 'closed', evidence: {}, at: 5 }
const of = (record: unknown) => {
  const parsed = parseRecord(record)
  return 'refused' in parsed ? parsed.refused : expect.fail('it was taken')
}
const ofBatch = (payload: Uint8Array) => {
  const parsed = parseBatch(payload)
  return parsed.ok ? expect.fail('it was taken') : parsed.reason
}
const compact = encodeCompactBatch(STREAM, Seq.parse(1), [])

/** What the parser truly says today: a new wording of it falls back to English, and is seen here. */
const REASONS = [
  ['above the most', of({ ...FRAME, lat: 100, lon: 5 }), 'Поле lat: больше 90 не бывает'],
  ['below the least', of({ ...FRAME, speedKmh: -1 }), 'Поле speedKmh: меньше 0 не бывает'],
  ['no number', of({ ...FRAME, speedKmh: null }), 'Поле speedKmh: нужно число'],
  ['not whole', of({ ...FRAME, satellites: 1.5 }), 'Поле satellites: нужно целое число'],
  ['missing', of({ kind: 'frame', ...REST }), 'Нет поля readAt или в нём пусто'],
  ['not yes or no', of({ ...FRAME, ignition: 'on' }), 'Поле ignition: нужно «да» или «нет» (true, false)'],
  ['another word', of({ ...FRAME, fix: '4d' }), 'Поле fix: бывает только none, 2d, 3d'],
  ['another state', of({ ...REPORT, state: 'gone' }), /^Поле state: бывает только 'received'/],
  ['unknown field', of({ ...FRAME, rain: 1 }), 'Незнакомые поля: "rain"'],
  ['half a place', of({ ...FRAME, lat: 5 }), 'Широта без долготы или наоборот'],
  ['no uuid', of({ ...REPORT, orderId: 'x' }), 'Поле orderId: это не номер вида UUID'],
  ['no fields', of({ ...EVENT, data: 4 }), 'Вместо полей что-то другое: data'],
  ['name of an event', of({ ...EVENT, name: 'BAD' }), 'Имя события написано не так, как принято'],
  ['a name too long', of({ ...EVENT, data: { ['x'.repeat(65)]: 1 } }), /^Слишком длинное имя поля: data\.x/],
  ['U+0000', of({ ...EVENT, data: { a: '\0' } }), 'В тексте есть знак, который нельзя сохранить'],
  ['unknown kind', of({ kind: 'weather' }), 'Незнакомый вид записи: знаем кадр, отчёт и событие'],
  ['not JSON', ofBatch(Buffer.from('{')), 'Это не JSON'],
  ['another version', ofBatch(Buffer.from('{"v":2}')), 'Поле v: бывает только 1'],
  ['neither', ofBatch(Buffer.from([0xff, 0])), /^Сообщение неизвестного вида/],
  ['too long', ofBatch(Buffer.alloc(300_000, 0x20)), 'Сообщение длиннее 262144 байт'],
  ['cut off', ofBatch(compact.subarray(0, -1)), 'Сжатое сообщение повреждено'],
] as const

describe.each(['ru', 'en'] as const)('why a record was refused, %s', (language) => {
  const t = wordsOf(language)
  test.each(REASONS)('%s', (_, reason, ru) => {
    const said = reasonWords(reason, t)
    if (language === 'en') expect(said).not.toBe(reason)
    else if (typeof ru === 'string') expect(said).toBe(ru)
    else expect(said).toMatch(ru)
  })

  test('what nobody has words for stands as it came', () => {
    expect(reasonWords('wings: too many of them', t)).toBe('wings: too many of them')
  })
})
