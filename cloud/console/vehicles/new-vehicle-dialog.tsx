import { NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { get, post } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import type { Vehicle } from '../api/vehicle.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { useWords } from '../language/language.ts'
import { plateKey } from './plate.ts'
import { FLEET } from './vehicle-queries.ts'

type Parks = { readonly items: readonly { readonly id: string; readonly name: string }[] }

/** ISO 3779; written with blanks and small letters it is the same number. */
const VIN = /^[A-HJ-NPR-Z0-9]{17}$/
const plainVin = (typed: string): string => typed.toUpperCase().replace(/[\s-]/g, '')

/** A car joins the fleet: its plate and model, its VIN where somebody knows it, and its park where there are several. */
export function NewVehicleDialog(props: {
  readonly onMade: (vehicle: Vehicle) => void
  readonly onClose: () => void
}): ReactNode {
  const { t } = useWords()
  const [plate, setPlate] = useState('')
  const [model, setModel] = useState('')
  const [typedVin, setVin] = useState('')
  const [park, setPark] = useState<string | null>(null)
  const parks =
    useQuery({ queryKey: ['parks'], queryFn: ({ signal }) => get<Parks>('/parks', signal) }).data?.items ?? []
  const vin = plainVin(typedVin)
  const isVinRight = vin === '' || VIN.test(vin)
  const add = useChange(
    () =>
      post<Vehicle>('/vehicles', {
        // One spelling: «А123ВС 777» in Latin letters is the same car.
        plate: plateKey(plate),
        model: model.trim(),
        ...(vin === '' ? {} : { vin }),
        ...(park === null ? {} : { parkId: park }),
      }),
    { touches: [FLEET[0]] },
  )
  return (
    <AskDialog
      title={t('fleet.add')}
      submit={t('fleet.addSubmit')}
      change={add}
      ready={plateKey(plate).length >= 2 && model.trim() !== '' && isVinRight}
      onClose={props.onClose}
      onSubmit={() => add.mutate(undefined, { onSuccess: props.onMade })}
    >
      <TextInput
        label={t('fleet.columns.plate')}
        required
        data-autofocus
        maxLength={16}
        value={plate}
        onChange={(event) => setPlate(event.currentTarget.value)}
      />
      <TextInput
        label={t('fleet.model')}
        required
        maxLength={80}
        value={model}
        onChange={(event) => setModel(event.currentTarget.value)}
      />
      <TextInput
        label={t('fleet.vin')}
        description={t('fleet.vinHint')}
        error={isVinRight || vin.length < 17 ? undefined : t('fleet.vinWrong')}
        maxLength={30}
        value={typedVin}
        onChange={(event) => setVin(event.currentTarget.value)}
      />
      {parks.length > 1 && (
        <NativeSelect
          label={t('fleet.park')}
          data={[
            { value: '', label: t('fleet.parkUsual') },
            ...parks.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          value={park ?? ''}
          onChange={(event) => setPark(event.currentTarget.value || null)}
        />
      )}
    </AskDialog>
  )
}
