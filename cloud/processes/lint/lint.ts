import { type Definitions, readDefinitions } from '../notation/definitions.ts'
import { createReport, inOrder, type Problem } from '../notation/problem.ts'
import type { SourceFile } from '../notation/source.ts'
import { checkExpressions } from './check-expressions.ts'
import { checkFields } from './check-fields.ts'
import { checkKpis, checkPlans } from './check-kpis.ts'
import { checkNames, checkPeople, checkSteps } from './check-names.ts'
import { checkFairness, checkHolds, checkLoops } from './check-safety.ts'
import { checkMoves, checkStages } from './check-stages.ts'
import { checkMasks, checkUploads } from './check-words.ts'
import { expressionsOf } from './expressions.ts'
import { sitesOf, usageOf } from './sites.ts'

export type Checked = { readonly definitions: Definitions; readonly problems: readonly Problem[] }

/**
 * Pure. Reads files and runs every check; problems come with file, line and what to do, in order. Definitions with a
 * problem are not to be run.
 */
export function check(files: readonly SourceFile[]): Checked {
  const { problems, report } = createReport()
  const definitions = readDefinitions(files, report)
  const usage = usageOf(definitions)
  const sites = sitesOf(definitions, usage)
  const placed = expressionsOf(definitions, usage)
  checkStages(definitions, sites, report)
  checkMoves(definitions, sites, usage, report)
  checkFields(definitions, sites, usage, report)
  checkSteps(definitions, report)
  checkNames(definitions, sites, report)
  checkPeople(definitions, sites, report)
  checkHolds(sites, report)
  checkLoops(definitions, report)
  checkMasks(definitions, sites, report)
  checkUploads(definitions, report)
  checkExpressions(definitions, placed, report)
  checkKpis(definitions, report)
  checkPlans(definitions, report)
  checkFairness(definitions, placed, report)
  return { definitions, problems: inOrder(problems) }
}
