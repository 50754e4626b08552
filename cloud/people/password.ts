export const PASSWORD_LENGTH = { min: 10, max: 128 } as const

/** Argon2id cost: OWASP's second recommended set (19 MiB, 2 passes, 1 lane), about 30 ms here. */
export const ARGON2_COST = { memoryKiB: 19_456, passes: 2, lanes: 1 } as const

export type PasswordHash = {
  readonly memoryKiB: number
  readonly passes: number
  readonly lanes: number
  readonly salt: Uint8Array
  readonly tag: Uint8Array
}

/** Pure. The PHC string of an Argon2id hash, version 1.3, as other programs write it too. */
export const encodeHash = ({ memoryKiB, passes, lanes, salt, tag }: PasswordHash): string =>
  `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${lanes}$${unpadded(salt)}$${unpadded(tag)}`

/** Pure. Reads what `encodeHash` writes; undefined for anything else, so that such an account cannot sign in. */
export function decodeHash(text: string): PasswordHash | undefined {
  const parts =
    /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,})\$([A-Za-z0-9+/]{16,})$/.exec(text)
  if (parts === null) return undefined
  const [, memory, passes, lanes, salt = '', tag = ''] = parts
  return {
    memoryKiB: Number(memory),
    passes: Number(passes),
    lanes: Number(lanes),
    salt: fromBase64(salt),
    tag: fromBase64(tag),
  }
}

const unpadded = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes)).replace(/=+$/, '')
const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))

/** The heads of every list of stolen passwords, as far as they reach the minimal length; compared in lower case. */
const STOLEN: ReadonlySet<string> = new Set(
  (
    '1234567890 12345678910 0123456789 0987654321 1q2w3e4r5t 1qaz2wsx3edc qwertyuiop qwerty12345 qwerty123456 ' +
    'qwertyuiop123 password12 password123 password1234 passw0rd123 iloveyou12 administrator changeme123 ' +
    'letmein1234 welcome1234 welcome123 football123 superman123 1111111111 0000000000 9999999999 abcdefghij ' +
    'abcd1234567 zxcvbnm123 asdfghjkl1 йцукенгшщз парольпароль'
  ).split(' '),
)

export type PasswordVerdict = 'good' | 'too-short' | 'too-long' | 'contains-login' | 'one-character' | 'known-stolen'

/** Pure. Length decides (NIST SP 800-63B): no rules about kinds of characters, but nothing that is guessed first. */
export function judgePassword(password: string, login: string): PasswordVerdict {
  const length = [...password].length
  if (length < PASSWORD_LENGTH.min) return 'too-short'
  if (length > PASSWORD_LENGTH.max) return 'too-long'
  const lower = password.toLowerCase()
  if (new Set(lower).size < 4) return 'one-character'
  if (lower.includes(login.toLowerCase())) return 'contains-login'
  return STOLEN.has(lower) ? 'known-stolen' : 'good'
}
