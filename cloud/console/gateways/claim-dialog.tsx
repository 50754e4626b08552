import { Alert, Anchor, Button, Group, Modal, Stack, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import type { Claim, Gateway } from '../api/gateway.ts'
import { useWords } from '../language/language.ts'
import { problemWords } from '../language/problem-words.ts'
import { plateWords } from '../vehicles/plate.ts'
import { useFleet } from '../vehicles/vehicle-queries.ts'
import { VehicleSelect } from '../vehicles/vehicle-select.tsx'
import { ClaimCode } from './claim-code.tsx'
import { useClaimCode, useProvision } from './gateway-queries.ts'

type Props = {
  /** The gateway that needs a new code; null to begin with the choice of a vehicle. */
  readonly gateway: Gateway | null
  readonly taken: readonly (string | null)[]
  readonly onClose: () => void
}
type Shown = { readonly id: string; readonly plate: string; readonly claim: Claim }

function ChooseVehicle({
  taken,
  chosen,
  onChoose,
}: {
  readonly taken: Props['taken']
  readonly chosen: string | null
  readonly onChoose: (id: string | null) => void
}): ReactNode {
  const { t } = useWords()
  const fleet = useFleet().data
  // Not read yet is not «none».
  if (fleet?.length === 0)
    return (
      <Text>
        {t('gateway.noVehicle')}{' '}
        <Anchor component={Link} href="/vehicles">
          {t('fleet.title')}
        </Anchor>
      </Text>
    )
  if (fleet?.every((vehicle) => taken.includes(vehicle.id)) === true) return <Text>{t('gateway.noFreeVehicle')}</Text>
  return <VehicleSelect label={t('gateway.vehicle')} chosen={chosen} onChoose={onChoose} without={taken} autoFocus />
}

/** Makes a code and shows it as letters and as a picture until it runs out. */
export function ClaimDialog({ gateway, taken, onClose }: Props): ReactNode {
  const { t } = useWords()
  const fleet = useFleet()
  const provision = useProvision()
  const renew = useClaimCode()
  const [vehicleId, setVehicleId] = useState<string | null>(null)
  const [shown, setShown] = useState<Shown | null>(null)
  const plateOf = (id: string | null): string =>
    fleet.data?.find((vehicle) => vehicle.id === id)?.plate ?? gateway?.plate ?? ''
  const renewFor = (id: string, plate: string): void =>
    renew.mutate(id, { onSuccess: (claim) => setShown({ id, plate, claim }) })
  const ask = (): void => {
    if (gateway !== null) renewFor(gateway.id, gateway.plate ?? '')
    else if (vehicleId !== null) {
      provision.mutate(vehicleId, {
        onSuccess: (claim) => setShown({ id: claim.id, plate: plateOf(vehicleId), claim }),
      })
    }
  }
  const error = provision.error ?? renew.error
  return (
    <Modal
      opened
      onClose={onClose}
      centered
      title={shown === null ? t('gateway.provisionTitle') : t('gateway.codeFor', { plate: plateWords(shown.plate) })}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <Stack gap="md">
        {shown === null && gateway === null && <Text size="sm">{t('gateway.provisionLead')}</Text>}
        {shown === null && gateway === null && (
          <ChooseVehicle taken={taken} chosen={vehicleId} onChoose={setVehicleId} />
        )}
        {shown === null && gateway !== null && (
          <Text>
            {gateway.id}
            <br />
            {t('gateway.codeFor', { plate: plateWords(gateway.plate ?? '') })}
          </Text>
        )}
        {shown !== null && <ClaimCode claim={shown.claim} onRenew={() => renewFor(shown.id, shown.plate)} />}
        {error !== null && (
          <Alert color="red" role="alert">
            {problemWords(error, t, 'changing')}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t(shown === null ? 'app.cancel' : 'app.close')}
          </Button>
          {shown === null && (
            <Button
              disabled={gateway === null && vehicleId === null}
              loading={provision.isPending || renew.isPending}
              onClick={ask}
            >
              {t('gateway.getCode')}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  )
}
