import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const RUN = new URL('../.ci/run', import.meta.url).pathname
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kordon-ci-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const program = (name: string, text: string) => {
  writeFileSync(join(dir, name), `#!/bin/bash\n${text}\n`)
  chmodSync(join(dir, name), 0o755)
}

test.each([
  { name: 'all well', npm: 'echo "12 passed, 0 failed"', last: '12 passed, 0 failed', status: 0 },
  { name: 'a failure', npm: 'echo "11 passed, 1 failed"; exit 1', last: '11 passed, 1 failed', status: 1 },
  {
    name: 'failed with no failed test',
    npm: 'echo "12 passed, 0 failed"; exit 3',
    last: '12 passed, 1 failed',
    status: 1,
  },
  { name: 'nothing was counted', npm: 'echo crashed', last: '0 passed, 1 failed', status: 1 },
  {
    name: 'coloured, and the last count holds',
    npm: `echo "1 passed, 1 failed"; printf '\\033[32m9 passed\\033[39m, 0 failed\\n'`,
    last: '9 passed, 0 failed',
    status: 0,
  },
  {
    name: 'told what is required, and no input',
    npm: '[ "$KORDON_REQUIRE_REAL$CI" = 1true ] && ! read -r line && echo "5 passed, 0 failed"',
    last: '5 passed, 0 failed',
    status: 0,
  },
])('.ci/run: $name', ({ npm, last, status }) => {
  program('npm', npm)
  // Everything counts as installed, so that nothing is installed here.
  program('dpkg-query', 'echo "install ok installed"')
  const ended = spawnSync('bash', [RUN], { env: { PATH: `${dir}:/usr/bin:/bin` }, encoding: 'utf8', input: 'a line' })
  expect([ended.stdout.trimEnd().split('\n').at(-1), ended.status]).toEqual([last, status])
})
