import { expect, test } from 'vitest'
import { decodeHash, encodeHash, judgePassword } from '../../../cloud/people/password.ts'

test.each([
  { password: 'short', verdict: 'too-short' },
  { password: 'x'.repeat(129), verdict: 'too-long' },
  { password: 'aaaaaaaaaaaa', verdict: 'one-character' },
  { password: 'ivanov-2026-secret', verdict: 'contains-login' },
  { password: 'Password123', verdict: 'known-stolen' },
  { password: 'верный конь степи', verdict: 'good' },
])('judgePassword: $password is $verdict', ({ password, verdict }) => {
  expect(judgePassword(password, 'ivanov')).toBe(verdict)
})

test('a hash is written as a PHC string and read back', () => {
  const hash = {
    memoryKiB: 19_456,
    passes: 2,
    lanes: 1,
    salt: new Uint8Array(16).fill(255),
    tag: new Uint8Array(32).fill(3),
  }
  const text = encodeHash(hash)
  expect(text).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[^=]+\$[^=]+$/)
  expect(decodeHash(text)).toEqual(hash)
})

test.each([
  '',
  'plain',
  '$argon2i$v=19$m=1,t=1,p=1$AAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAA',
  '$argon2id$v=19$m=x,t=1,p=1$A$A',
])('a hash that is not ours is not read: %s', (text) => {
  expect(decodeHash(text)).toBeUndefined()
})
