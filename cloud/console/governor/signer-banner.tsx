import { IconAlertTriangle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useWords } from '../language/language.ts'
import classes from '../live/link-banner.module.css'
import { useGovernor } from './governor-queries.ts'

/** Says on every page that orders are not being signed, or that blocking has been stopped; gone when it is over. */
export function SignerBanner(): ReactNode {
  const { t } = useWords()
  const { data } = useGovernor()
  const mode = data?.switch?.mode ?? 'running'
  const words = data?.signer === 'down' ? 'governor.signerDown' : mode === 'running' ? null : `governor.banner.${mode}`
  return (
    <div role="status" aria-live="polite">
      {words !== null && (
        <div className={classes['banner']} data-testid="signer-banner">
          <IconAlertTriangle size={18} aria-hidden="true" />
          <span>{t(words)}</span>
        </div>
      )}
    </div>
  )
}
