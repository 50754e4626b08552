import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { type Clock, epochMs, millis } from '#contract/instant.ts'
import { createSignerHouse } from './app.ts'
import { createApproverSecretStore } from './approver-secret-store.ts'
import { readSignerConfig, signerHelp } from './config.ts'
import { createPasskeyStore } from './passkey-store.ts'

const clock: Clock = {
  now: () => epochMs(Date.now()),
  steady: () => millis(performance.now()),
  sleep: (length, signal) => sleep(length, undefined, { signal }).catch(() => {}),
}

if (process.argv.includes('--help')) {
  console.log(signerHelp())
  process.exit(0)
}
const read = readSignerConfig(process.env)
if (!read.ok) {
  console.error(read.message)
  process.exit(2)
}
// Beside a signer that runs, or without one; never by request of the web tier.
const [order, approver, name = approver] = process.argv.slice(2)
if (order === 'approver') {
  if (approver === undefined || name === undefined) {
    console.error('usage: npm run signer -- approver <account id> [name]')
    process.exit(2)
  }
  process.umask(0o077)
  console.log(createApproverSecretStore(read.config.folder).enrol(approver, name))
  process.exit(0)
}
if (order === 'passkey' || order === 'confirm' || order === 'forget') {
  if (approver === undefined || name === undefined) {
    console.error('usage: npm run signer -- passkey <account id> [name] | confirm <thumbprint> | forget <account id>')
    process.exit(2)
  }
  process.umask(0o077)
  const passkeys = createPasskeyStore(read.config.folder)
  if (order === 'passkey') console.log(passkeys.invite(approver, name, clock.now()))
  if (order === 'forget') console.log(`${passkeys.forget(approver)} passkeys thrown away`)
  if (order === 'confirm') {
    const confirmed = passkeys.confirm(approver)
    const said = confirmed && `the passkey of ${confirmed.name} (${confirmed.id}) counts from now on`
    console[said === undefined ? 'error' : 'log'](said ?? 'no passkey with this thumbprint waits')
    process.exit(said === undefined ? 1 : 0)
  }
  process.exit(0)
}
if (order === 'code') {
  const code = createApproverSecretStore(read.config.folder).demoCodeOf(approver ?? '', clock.now())
  console[code === undefined ? 'error' : 'log'](code ?? `no approver of the demo is called ${approver ?? '–'}`)
  process.exit(code === undefined ? 1 : 0)
}
// Whatever is made here is for this user alone, from its first moment.
process.umask(read.config.socketMode === 0o660 ? 0o007 : 0o077)
const { config } = read
const log = pino({ level: config.logLevel, base: { service: 'signer' } })

try {
  const tellDemoApprover = (name: string, address: string): void => console.log(`kordon.approver ${name} ${address}`)
  const house = createSignerHouse({ ...config, ...(config.demo ? { tellDemoApprover } : {}) }, { clock, log })
  await house.listen()
  log.info({ socket: config.socketPath, policy: config.policy }, 'signer.ready')
  const stop = async (): Promise<void> => {
    await house.close()
    log.info({}, 'signer.stopped')
    process.exit(0)
  }
  const isChild = process.argv.includes('--child')
  // A terminal or a service manager signals the whole group: as a child we outlive the drain of the one that asks us.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => isChild || void stop())
  // The web tier that started us keeps this pipe open; when it dies, by kill -9 too, we go with it.
  if (isChild)
    process.stdin
      .resume()
      .once('end', () => void stop())
      .once('error', () => void stop())
} catch (err) {
  log.fatal({ err }, 'signer.failed')
  console.error(err instanceof Error ? `The signer could not start: ${err.message}` : err)
  process.exit(1)
}
