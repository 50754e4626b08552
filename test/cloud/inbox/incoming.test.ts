import { describe, expect, test } from 'vitest'
import { answered, type Conversation, closed, heard } from '../../../cloud/inbox/conversation.ts'
import { markedIn, readWord, subjectMark } from '../../../cloud/inbox/incoming.ts'

describe('what comes in', () => {
  test('a plain message of WhatsApp: the sender is his number', () => {
    expect(readWord('whatsapp', { id: 7, from: '79161234567', text: ' Машина в продаже? ' })).toEqual({
      kind: 'word',
      word: {
        key: '7',
        outsideId: '79161234567',
        name: undefined,
        phone: '+79161234567',
        subject: undefined,
        text: 'Машина в продаже?',
        files: [],
        at: undefined,
      },
    })
  })
  test('an update of the MAX bot API', () => {
    const update = {
      update_type: 'message_created',
      timestamp: 1,
      message: { timestamp: 5, sender: { user_id: 42, name: 'Вера' }, body: { mid: 'mid.1', text: 'Добрый день' } },
    }
    expect(readWord('max', update)).toMatchObject({ word: { key: 'mid.1', outsideId: '42', name: 'Вера', at: 5 } })
    expect(readWord('max', { ...update, update_type: 'bot_started' })).toEqual({ kind: 'nothing' })
  })
  test.each([
    ['no sender', { id: 1, text: 'x' }],
    ['a file by a strange way', { id: 1, from: 'a', files: [{ name: 'x', url: 'file:///etc/passwd' }] }],
    ['no object', 'text'],
  ])('%s is refused', (_name, body) => {
    expect(readWord('avito', body).kind).toBe('wrong')
  })
  test('nothing said is nothing', () => {
    expect(readWord('avito', { id: 1, from: 'a', text: '  ' })).toEqual({ kind: 'nothing' })
  })
  test('the mark of a subject is found again', () => {
    const id = '0a1b2c3d-0000-4000-8000-000000000000'
    expect(markedIn(`Re: BMW ${subjectMark(id)}`)).toBe('0a1b2c3d')
    expect(markedIn('BMW #1')).toBeUndefined()
  })
})

describe('a conversation', () => {
  const fresh: Conversation = { firstInAt: 10, waitingSince: undefined, firstAnswerMs: undefined, closedAt: undefined }
  test('waits from the first word without an answer, and keeps the time of the first answer', () => {
    const asked = heard(heard(fresh, 10), 20)
    expect(asked.waitingSince).toBe(10)
    const said = answered(asked, 70)
    expect(said).toMatchObject({ waitingSince: undefined, firstAnswerMs: 60 })
    expect(answered(heard(said, 100), 500).firstAnswerMs).toBe(60)
  })
  test('that is closed counts no answer, and is opened by the next word', () => {
    const done = closed(heard(fresh, 10), 20)
    expect(done).toMatchObject({ waitingSince: undefined, firstAnswerMs: undefined, closedAt: 20 })
    expect(heard(done, 30)).toMatchObject({ waitingSince: 30, closedAt: undefined })
  })
})
