import { Button, Group, Stack, Text } from '@mantine/core'
import { toDataURL } from 'qrcode'
import { type ReactNode, useEffect, useState } from 'react'
import type { Claim } from '../api/gateway.ts'
import { CopyWord } from '../design/copy-word.tsx'
import { useWords } from '../language/language.ts'
import { useNow } from '../live/now.ts'
import classes from './gateways-page.module.css'

const twoDigits = (value: number): string => String(value).padStart(2, '0')

/** «14:05» left; hours only when there are any. */
function leftWords(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  const rest = `${twoDigits(minutes)}:${twoDigits(seconds % 60)}`
  return hours === 0 ? rest : `${hours}:${rest}`
}

function useQr(text: string): string | null {
  const [picture, setPicture] = useState<string | null>(null)
  useEffect(() => {
    let wanted = true
    // Black on white in both schemes: readers in old phones do not like it inverted.
    void toDataURL(text, { width: 440, margin: 2, errorCorrectionLevel: 'M' }).then((made) => {
      if (wanted) setPicture(made)
    })
    return () => {
      wanted = false
    }
  }, [text])
  return picture
}

/** A claim code in letters and as a picture, with the time it has left. The picture holds this server's address too. */
export function ClaimCode({ claim, onRenew }: { readonly claim: Claim; readonly onRenew: () => void }): ReactNode {
  const { t } = useWords()
  const now = useNow()
  const left = Date.parse(claim.claimExpiresAt) - now
  const picture = useQr(`${window.location.origin}/claim#${claim.claimCode}`)
  if (left <= 0) {
    return (
      <Stack>
        <Text>{t('gateway.codeExpired')}</Text>
        <Button variant="light" onClick={onRenew}>
          {t('gateway.newCode')}
        </Button>
      </Stack>
    )
  }
  return (
    <Stack gap="sm" align="center">
      {picture !== null && (
        <img className={classes['qr']} src={picture} alt={t('gateway.qr', { code: claim.claimCode })} />
      )}
      <Group gap="sm">
        <span className={classes['code']} data-testid="claim-code">
          {claim.claimCode}
        </span>
        <CopyWord value={claim.claimCode} />
      </Group>
      <Text size="sm">{t('gateway.codeExpires', { left: leftWords(left) })}</Text>
      <Text size="sm" className="quiet" ta="center">
        {t('gateway.codeHelp')}
      </Text>
    </Stack>
  )
}
