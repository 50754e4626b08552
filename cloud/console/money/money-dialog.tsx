import { NativeSelect, Text, Textarea, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { Till } from '../api/ledger.ts'
import { serverNow } from '../api/server-clock.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { MoneyInput } from '../design/money-input.tsx'
import { DriverSelect } from '../drivers/driver-select.tsx'
import { useWords } from '../language/language.ts'
import { dayAfter, dayBounds, moscowDay } from '../language/moment.ts'
import { VehicleSelect } from '../vehicles/vehicle-select.tsx'
import { MONEY } from './money-queries.ts'

export type MoneyMove = 'topUp' | 'fine' | 'correct' | 'promise'
const PATHS: Readonly<Record<MoneyMove, string>> = {
  topUp: '/ledger/top-ups',
  fine: '/ledger/fines',
  correct: '/ledger/corrections',
  promise: '/ledger/promises',
}
const TILLS: readonly Till[] = ['bank', 'cash', 'aggregator']
const LEAST_WORDS: Readonly<Record<MoneyMove, number>> = { topUp: 0, fine: 1, correct: 3, promise: 0 }

/** One movement of a driver's money, or his promise of one. */
export function MoneyDialog(props: {
  readonly move: MoneyMove
  /** Absent: the driver is asked for. */
  readonly driverId?: string | undefined
  readonly onClose: () => void
}): ReactNode {
  const { move, driverId, onClose } = props
  const { t } = useWords()
  const [driver, setDriver] = useState(driverId ?? null)
  const [vehicle, setVehicle] = useState<string | null>(null)
  const [kopecks, setKopecks] = useState<number | null>(null)
  const [via, setVia] = useState<Till>('bank')
  const [key, setKey] = useState('')
  const [note, setNote] = useState('')
  const [until, setUntil] = useState(() => dayAfter(moscowDay(serverNow()), 3))
  const own = {
    topUp: { via, ...(key.trim() === '' ? {} : { key: key.trim() }) },
    fine: { vehicleId: vehicle },
    correct: {},
    // A promise is kept through the whole of its day.
    promise: { until: until === '' ? '' : dayBounds(until).to },
  }[move]
  const change = useChange(() => post(PATHS[move], { driverId: driver, kopecks, note: note.trim(), ...own }), {
    touches: MONEY,
    done: t(move === 'promise' ? 'money.promised' : 'money.posted'),
  })
  const isReady =
    driver !== null &&
    kopecks !== null &&
    (move === 'correct' ? kopecks !== 0 : kopecks > 0) &&
    note.trim().length >= LEAST_WORDS[move] &&
    (move !== 'promise' || until !== '')
  return (
    <AskDialog
      title={t(`money.${move}Title`)}
      submit={t('money.post')}
      change={change}
      ready={isReady}
      onClose={onClose}
      onSubmit={() => change.mutate(undefined, { onSuccess: onClose })}
    >
      {move === 'correct' && <Text size="sm">{t('money.correctLead')}</Text>}
      {driverId === undefined && (
        <DriverSelect label={t('driver.find')} autoFocus chosen={driver} onChoose={setDriver} />
      )}
      <MoneyInput
        label={t('money.sum')}
        autoFocus={driverId !== undefined}
        mayBeNegative={move === 'correct'}
        kopecks={kopecks}
        onKopecks={setKopecks}
      />
      {move === 'topUp' && (
        <>
          <NativeSelect
            label={t('money.via')}
            data={TILLS.map((one) => ({ value: one, label: t(`money.accounts.${one}`) }))}
            value={via}
            onChange={(event) => setVia(TILLS.find((one) => one === event.currentTarget.value) ?? 'bank')}
          />
          <TextInput
            label={t('money.paymentNumber')}
            description={t('money.paymentNumberHint')}
            maxLength={120}
            value={key}
            onChange={(event) => setKey(event.currentTarget.value)}
          />
        </>
      )}
      {move === 'fine' && <VehicleSelect label={t('lease.vehicle')} clearable chosen={vehicle} onChoose={setVehicle} />}
      {move === 'promise' && (
        <TextInput
          label={t('money.until')}
          type="date"
          value={until}
          onChange={(event) => setUntil(event.currentTarget.value)}
        />
      )}
      <Textarea
        label={t(move === 'fine' || move === 'correct' ? 'money.why' : 'money.columns.note')}
        required={move === 'fine' || move === 'correct'}
        maxLength={500}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
    </AskDialog>
  )
}
