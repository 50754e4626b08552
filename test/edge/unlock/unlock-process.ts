import { setTimeout as pause } from 'node:timers/promises'
import { epochMs, millis } from '#contract/instant.ts'
import { UnlockSecret } from '#contract/provisioning.ts'
import { openDatabase } from '../../../edge/state/sqlite-client.ts'
import { createUnlockService } from '../../../edge/unlock/unlock-service.ts'
import { createUnlockStore } from '../../../edge/unlock/unlock-store.ts'
import { silentLog } from '../../support/silent-log.ts'

// One run of a gateway: types every code it is given, over and over, and says when one has freed the car. To be killed.
const [file = '', secret = '', ...codes] = process.argv.slice(2)
let readings = 0
const service = createUnlockService({
  secret: UnlockSecret.parse(secret),
  store: createUnlockStore(openDatabase(file)),
  releaseLocally: () => {},
  keepEvent: (event) => void process.stdout.write(`${event.data['counter']}\n`),
  clock: {
    now: () => epochMs(Date.now()),
    // Each reading a minute on, so that no wrong code makes the next one wait.
    steady: () => {
      readings += 1
      return millis(readings * 60_001)
    },
    sleep: async (length) => void (await pause(length)),
  },
  log: silentLog,
})
service.resume()
process.stdout.write('ready\n')
for (;;) {
  for (const code of codes) service.enter(code)
  await pause(1)
}
