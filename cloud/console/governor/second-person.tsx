import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import type { Governor } from '../api/governor.ts'
import { Problem, Unreachable } from '../api/problem.ts'
import type { User } from '../api/session.ts'
import type { Order } from '../api/vehicle.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { useRefused } from '../design/refused.ts'
import { useWords } from '../language/language.ts'
import { momentWords } from '../language/moment.ts'
import { problemWords } from '../language/problem-words.ts'
import { useNow } from '../live/now.ts'
import { mayGovern } from '../session/rights.ts'
import { plateWords } from '../vehicles/plate.ts'
import { useFleet } from '../vehicles/vehicle-queries.ts'
import {
  type Approved,
  type AskedList,
  askForList,
  bringPasskey,
  signList,
  useApprove,
  useBecomeApprover,
  useGovernorChange,
} from './governor-queries.ts'

/** A browser names what a key did or did not do in its own words; ours are clearer. */
const useKeyProblem = (): ((error: unknown) => string) => {
  const { t } = useWords()
  return (error) =>
    error instanceof Problem || error instanceof Unreachable
      ? problemWords(error, t, 'changing')
      : t('governor.keyFailed')
}

/** The cars with why they are to stand. */
function Cars({ orders }: { readonly orders: readonly Order[] }): ReactNode {
  const { t } = useWords()
  const plates = new Map((useFleet().data ?? []).map((vehicle) => [vehicle.id, vehicle.plate]))
  return (
    <>
      {orders.map((order) => (
        <Group key={order.id} justify="space-between" data-testid="waiting-order">
          <Link href={`/vehicles/${order.vehicleId}`}>{plateWords(plates.get(order.vehicleId) ?? '')}</Link>
          <Text size="sm" className="quiet">
            {order.reasons.map((reason) => t(`hold.reasons.${reason}`)).join(', ')},{' '}
            {order.by.replace(/^(user|rule):/, '')}
          </Text>
        </Group>
      ))}
    </>
  )
}

/** The list as the signer has it; the passkey signs its digest, and nothing else. */
function SignDialog(props: {
  readonly list: AskedList
  readonly onDone: (approved: Approved) => void
  readonly onClose: () => void
}): ReactNode {
  const { list, onDone, onClose } = props
  const { t, language } = useWords()
  const now = useNow(10)
  const keyProblem = useKeyProblem()
  const sign = useGovernorChange(signList)
  const until = momentWords(Date.parse(list.until), now, language)
  return (
    <Modal
      opened
      centered
      title={t('governor.listTitle', { count: list.orders.length })}
      onClose={onClose}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <Stack gap="sm">
        <Text size="sm">{t('governor.listLead', { until })}</Text>
        <Cars orders={list.orders} />
        {sign.isError && (
          <Alert color="red" role="alert">
            {keyProblem(sign.error)}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('app.cancel')}
          </Button>
          <Button color="red" loading={sign.isPending} onClick={() => sign.mutate(list, { onSuccess: onDone })}>
            {t('governor.sign')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

type Way = { readonly orders: readonly string[]; readonly onDone: (approved: Approved) => void }

/** With a passkey: first the list, as the signer will have it signed. */
function ByPasskey({ orders, onDone }: Way): ReactNode {
  const { t } = useWords()
  const keyProblem = useKeyProblem()
  const [list, setList] = useState<AskedList | null>(null)
  const ask = useGovernorChange(askForList)
  const end = (): void => setList(null)
  const done = (approved: Approved): void => {
    end()
    onDone(approved)
  }
  return (
    <>
      <Button color="red" loading={ask.isPending} onClick={() => ask.mutate(orders, { onSuccess: setList })}>
        {t('governor.byPasskey')}
      </Button>
      {ask.isError && (
        <Alert color="red" role="alert">
          {keyProblem(ask.error)}
        </Alert>
      )}
      {list !== null && <SignDialog list={list} onDone={done} onClose={end} />}
    </>
  )
}

/** With six digits, where the policy of the signer lets them count. */
function ByCode({ orders, onDone }: Way): ReactNode {
  const { t } = useWords()
  const approve = useApprove()
  const [code, setCode] = useState('')
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    approve.mutate({ orders, code }, { onSuccess: onDone, onSettled: () => setCode('') })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput
          label={t('governor.code')}
          description={t('governor.codeFrom')}
          value={code}
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={6}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" disabled={!/^\d{6}$/.test(code)} loading={approve.isPending}>
          {t('governor.approve')}
        </Button>
        {approve.isError && (
          <Alert color="red" role="alert">
            {problemWords(approve.error, t, 'changing')}
          </Alert>
        )}
      </Stack>
    </form>
  )
}

/** The word from the signer's terminal, then the key; its thumbprint goes back to that terminal by voice. */
function BringDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { t } = useWords()
  const keyProblem = useKeyProblem()
  const [word, setWord] = useState('')
  const bring = useGovernorChange(bringPasskey)
  const thumbprint = bring.data?.thumbprint
  if (thumbprint !== undefined)
    return (
      <Modal
        opened
        centered
        title={t('governor.bring')}
        onClose={onClose}
        closeButtonProps={{ 'aria-label': t('app.close') }}
      >
        <Text size="sm">{t('governor.thumbprint')}</Text>
        <Text fw={600} ff="monospace" my="md" data-testid="thumbprint">
          {thumbprint}
        </Text>
        <Text size="sm" className="quiet" style={{ overflowWrap: 'anywhere' }}>
          npm run signer -- confirm {thumbprint}
        </Text>
      </Modal>
    )
  const problem = bring.isError ? keyProblem(bring.error) : null
  return (
    <AskDialog
      title={t('governor.bring')}
      submit={t('governor.makeKey')}
      change={{ ...bring, isError: false }}
      ready={word.trim() !== ''}
      onSubmit={() => bring.mutate(word.trim())}
      onClose={onClose}
    >
      <Text size="sm">{t('governor.bringLead')}</Text>
      <TextInput
        label={t('governor.word')}
        data-autofocus
        autoComplete="off"
        maxLength={32}
        value={word}
        onChange={(event) => setWord(event.currentTarget.value)}
      />
      {problem !== null && (
        <Alert color="red" role="alert">
          {problem}
        </Alert>
      )}
    </AskDialog>
  )
}

/** Who waits for another person, and how that person stands by it: by a passkey over the list of cars, or by six digits. */
export function SecondPerson({ governor, user }: { readonly governor: Governor; readonly user: User }): ReactNode {
  const { t } = useWords()
  const refused = useRefused()
  const join = useBecomeApprover()
  const [bringing, setBringing] = useState(false)
  const [approved, setApproved] = useState<Approved | null>(null)
  const own = governor.approvers.find((approver) => approver.id === user.id)
  const ways = own?.ways ?? []
  const orders = governor.waiting.map((order) => order.id)
  const canSpeak = mayGovern(user) && orders.length > 0
  const wanted = governor.policy?.approvalCodes === 'never' ? 'governor.onlyPasskey' : 'governor.nothingYet'
  return (
    <section className="panel" aria-labelledby="waiting-title">
      <h2 id="waiting-title">{t('governor.waiting')}</h2>
      <Stack gap="sm">
        {orders.length === 0 && (
          <Text size="sm" className="quiet">
            {t('governor.nobodyWaits')}
          </Text>
        )}
        <Cars orders={governor.waiting} />
        {canSpeak && ways.includes('passkey') && <ByPasskey orders={orders} onDone={setApproved} />}
        {canSpeak && ways.includes('code') && <ByCode orders={orders} onDone={setApproved} />}
        {canSpeak && ways.length === 0 && <Text size="sm">{t(wanted)}</Text>}
        {approved !== null && (
          <Alert color={approved.way === 'passkey' ? 'green' : 'yellow'} data-testid="approved" data-way={approved.way}>
            {t(`governor.approved.${approved.way}`, { count: approved.approved })}
          </Alert>
        )}
        <Text size="sm">
          {t('governor.approvers', { names: governor.approvers.map(({ name }) => name).join(', ') || '—' })}
        </Text>
        {mayGovern(user) && governor.signer === 'up' && (
          <Group>
            {own === undefined && (
              <Button variant="default" loading={join.isPending} onClick={() => join.mutate({}, { onError: refused })}>
                {t('governor.join')}
              </Button>
            )}
            {own !== undefined && (
              <Button
                variant="default"
                disabled={!window.isSecureContext}
                title={window.isSecureContext ? undefined : t('account.passkeyInsecure')}
                onClick={() => setBringing(true)}
              >
                {t('governor.bring')}
              </Button>
            )}
          </Group>
        )}
        {bringing && <BringDialog onClose={() => setBringing(false)} />}
      </Stack>
    </section>
  )
}
