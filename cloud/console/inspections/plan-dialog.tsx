import { Group, NumberInput, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { put } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { Inspection, InspectionCard } from '../api/upkeep.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { useWords } from '../language/language.ts'
import { inspectionPath, UPKEEP } from './inspection-queries.ts'

/** When the next inspection falls due, and how often. */
export function PlanDialog(props: {
  readonly vehicleId: string
  readonly plan: Inspection | null
  readonly onClose: () => void
}): ReactNode {
  const { vehicleId, plan, onClose } = props
  const { t } = useWords()
  const [stepKm, setStepKm] = useState<number | null>(plan?.stepKm ?? 10_000)
  const [stepDays, setStepDays] = useState<number | null>(plan?.stepDays ?? 90)
  const [dueKm, setDueKm] = useState<number | null>(plan?.dueKm ?? null)
  const [dueOn, setDueOn] = useState(plan?.dueOn ?? '')
  const body = { stepKm, stepDays, dueKm, dueOn: dueOn === '' ? null : dueOn, version: plan?.version ?? 0 }
  const save = useChange(() => put<InspectionCard>(inspectionPath(vehicleId), body), {
    touches: UPKEEP,
    done: t('inspection.saved'),
  })
  const number = (label: string, value: number | null, set: (value: number | null) => void): ReactNode => (
    <NumberInput
      label={label}
      allowDecimal={false}
      allowNegative={false}
      hideControls
      thousandSeparator="&nbsp;"
      value={value ?? ''}
      onChange={(next) => set(typeof next === 'number' ? next : null)}
    />
  )
  return (
    <AskDialog
      title={t(plan === null ? 'inspection.setPlan' : 'inspection.editPlan')}
      submit={t('inspection.save')}
      change={save}
      ready={stepKm !== null && stepDays !== null && (dueKm !== null || dueOn !== '')}
      onClose={onClose}
      onSubmit={() => save.mutate(undefined, { onSuccess: onClose })}
    >
      {number(t('inspection.dueKm'), dueKm, setDueKm)}
      <TextInput
        label={t('inspection.dueOn')}
        type="date"
        value={dueOn}
        onChange={(event) => setDueOn(event.currentTarget.value)}
      />
      <Group grow align="flex-end">
        {number(t('inspection.stepKm'), stepKm, setStepKm)}
        {number(t('inspection.stepDays'), stepDays, setStepDays)}
      </Group>
    </AskDialog>
  )
}
