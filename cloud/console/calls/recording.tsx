import { Button } from '@mantine/core'
import { IconPlayerPlay } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import type { Call } from '../api/call.ts'
import { useWords } from '../language/language.ts'

/** What was said: played where it is kept here, else why it cannot be. It is fetched only when somebody asks for it, since hearing is logged. */
export function Recording({ call }: { readonly call: Pick<Call, 'id' | 'recording'> }): ReactNode {
  const { t } = useWords()
  const [isOpen, setOpen] = useState(false)
  const [isBroken, setBroken] = useState(false)
  if (call.recording === 'none') return null
  if (call.recording !== 'kept') return <span className="quiet">{t(`calls.recordings.${call.recording}`)}</span>
  if (isBroken) return <span className="quiet">{t('calls.recordings.broken')}</span>
  if (!isOpen)
    return (
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconPlayerPlay size={13} />}
        onClick={() => setOpen(true)}
      >
        {t('calls.listen')}
      </Button>
    )
  return (
    // biome-ignore lint/a11y/useMediaCaption: a telephone call has no captions
    <audio
      controls
      autoPlay
      aria-label={t('calls.recording')}
      src={`/api/calls/${encodeURIComponent(call.id)}/recording`}
      onError={() => setBroken(true)}
      style={{ display: 'block', width: '100%', maxWidth: 320, height: 36 }}
    />
  )
}
