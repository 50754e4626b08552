import { Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { Agent } from '../api/agent.ts'
import { patch, put } from '../api/api-client.ts'
import { serverNow } from '../api/server-clock.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { useWords } from '../language/language.ts'
import { moscowDay } from '../language/moment.ts'

type Dialog = { readonly agent: Agent; readonly queryKey: string; readonly onClose: () => void }
const pathOf = ({ id }: Agent): string => `/agents/${encodeURIComponent(id)}`

/** Another name or number of an agent. */
export function EditAgent({ agent, queryKey, onClose }: Dialog): ReactNode {
  const { t } = useWords()
  const client = useQueryClient()
  const [name, setName] = useState(agent.name ?? '')
  const [phone, setPhone] = useState(agent.phone ?? '')
  const change = useMutation({
    mutationFn: () =>
      patch<Agent>(pathOf(agent), {
        ...(name.trim() === (agent.name ?? '') ? {} : { name: name.trim() }),
        ...(phone.trim() === (agent.phone ?? '') ? {} : { phone: phone.trim() }),
      }),
    onSuccess: onClose,
    onSettled: () => void client.invalidateQueries({ queryKey: [queryKey] }),
  })
  return (
    <AskDialog
      title={t('agents.edit')}
      submit={t('agents.save')}
      change={change}
      ready={name.trim() !== '' && (phone.trim() !== '' || agent.phone === null)}
      onSubmit={() => change.mutate()}
      onClose={onClose}
    >
      <TextInput
        label={t('agents.name')}
        required
        data-autofocus
        maxLength={200}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label={t('agents.phone')}
        type="tel"
        maxLength={30}
        value={phone}
        onChange={(event) => setPhone(event.currentTarget.value)}
      />
    </AskDialog>
  )
}

/** The last day of an agent, or his return. */
export function EndAgent({ agent, queryKey, onClose }: Dialog): ReactNode {
  const { t } = useWords()
  const client = useQueryClient()
  const isBack = agent.until !== null || !agent.active
  const [on, setOn] = useState(moscowDay(serverNow()))
  const change = useMutation({
    mutationFn: () => put<Agent>(`${pathOf(agent)}/end`, { on: isBack ? null : on }),
    onSuccess: onClose,
    onSettled: () => void client.invalidateQueries({ queryKey: [queryKey] }),
  })
  return (
    <AskDialog
      title={t(isBack ? 'agents.return' : 'agents.end')}
      submit={t(isBack ? 'agents.return' : 'agents.end')}
      heavy={!isBack}
      change={change}
      ready={isBack || on !== ''}
      onSubmit={() => change.mutate()}
      onClose={onClose}
    >
      <Text size="sm">{t(isBack ? 'agents.returnLead' : 'agents.endLead')}</Text>
      {!isBack && (
        <TextInput
          label={t('agents.lastDay')}
          type="date"
          required
          value={on}
          onChange={(event) => setOn(event.currentTarget.value)}
        />
      )}
    </AskDialog>
  )
}
