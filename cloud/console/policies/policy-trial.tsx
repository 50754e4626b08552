import { NativeSelect } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import type { Policy, PolicyValue } from '../api/rulebook.ts'
import { useWords } from '../language/language.ts'
import { useRules } from '../rules/rule-queries.ts'
import { WhatIf } from '../rules/what-if.tsx'

/** Whom a number that is not saved yet would have hit, by any of the rules that look at it. */
export function PolicyTrial({ policy, value }: { readonly policy: Policy; readonly value: PolicyValue }): ReactNode {
  const { t } = useWords()
  const rules = useRules()
  const named = new RegExp(`policy\\.${policy.id}\\b`)
  const looking = rules.data?.items.filter(({ source }) => named.test(source)) ?? []
  // What places holds is asked after first.
  const sorted = looking.toSorted((one, other) => Number(other.placesHold) - Number(one.placesHold))
  const [chosen, setChosen] = useState<string | null>(null)
  const rule = sorted.find(({ id }) => id === chosen) ?? sorted[0]
  if (rule === undefined || String(value) === String(policy.value)) return null
  return (
    <>
      {sorted.length > 1 && (
        <NativeSelect
          label={t('policy.whatIfRule')}
          data={sorted.map(({ id, title }) => ({ value: id, label: title }))}
          value={rule.id}
          onChange={(event) => setChosen(event.currentTarget.value)}
        />
      )}
      <WhatIf ruleId={rule.id} policy={{ [policy.id]: value }} />
    </>
  )
}
