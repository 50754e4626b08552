// What vitest's JSON reports say, file by file.
import { existsSync, readFileSync } from 'node:fs'

/**
 * @typedef {{ passed: number, skipped: number, faults: string[] }} FileResult how many tests, and the names of those that failed
 * @param {string} reportFile vitest's own JSON report
 * @returns {Map<string, FileResult>} by the path of the test file; empty where no report was written
 */
export function filesOf(reportFile) {
  if (!existsSync(reportFile)) return new Map()
  const { testResults } = JSON.parse(readFileSync(reportFile, 'utf8'))
  return new Map(
    testResults.map(({ name, status, message, assertionResults }) => {
      const withStatus = (...wanted) => assertionResults.filter((test) => wanted.includes(test.status))
      const faults = withStatus('failed').map(({ fullName }) => fullName.trim())
      // A file that did not even load has no tests and counts as one failure.
      if (status === 'failed' && faults.length === 0) faults.push(`${name} was not run: ${message.split('\n')[0]}`)
      const skipped = withStatus('pending', 'skipped', 'todo').length
      return [name, { passed: withStatus('passed').length, skipped, faults }]
    }),
  )
}
