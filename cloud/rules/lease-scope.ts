import type { RuleScope } from '../processes/notation/rule.ts'

export type LeaseOnLine = 'active' | 'returning'

const STATES: Readonly<Record<string, LeaseOnLine>> = { on_line: 'active', wants_return: 'returning' }

/**
 * Pure. The states of the leases that a rule is for; undefined when it is for something else. Cars on the line, with or
 * without those on their way back, are the house's own: it knows their debts and holds, a card only follows them.
 */
export function leaseStatesOf(scope: RuleScope | undefined): readonly LeaseOnLine[] | undefined {
  if (scope?.pipeline?.name !== 'lease') return undefined
  if (scope.stage.length === 0) return ['active']
  const states = scope.stage.map(({ name }) => STATES[name])
  return states.includes('active') && !states.includes(undefined)
    ? states.filter((state) => state !== undefined)
    : undefined
}
