import { pbkdf2Sync, randomBytes } from 'node:crypto'

/** One line of Mosquitto's password file (PBKDF2-SHA512, as `mosquitto_passwd` writes it). */
export function mosquittoPassword(user: string, password: string): string {
  const salt = randomBytes(12)
  const hash = pbkdf2Sync(password, salt, 101, 64, 'sha512')
  return `${user}:$7$101$${salt.toString('base64')}$${hash.toString('base64')}\n`
}
