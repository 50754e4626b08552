import { IconPlugConnectedX } from '@tabler/icons-react'
import { type ReactNode, useEffect, useState } from 'react'
import { ageWords } from '../language/age.ts'
import { useWords } from '../language/language.ts'
import { secondWords } from '../language/moment.ts'
import classes from './link-banner.module.css'
import { lastSignAt, useLinkState } from './link-status.ts'
import { useNow } from './now.ts'

/** A hiccup shorter than this repairs itself before anyone can read the sentence. */
const PATIENCE_MS = 1500

function DownSentence(): ReactNode {
  const { t, language } = useWords()
  const now = useNow()
  const sign = lastSignAt()
  return (
    <>
      <strong>{t('live.down')}</strong>{' '}
      {sign !== null && t('live.dataFrom', { at: secondWords(sign, language), age: ageWords(now - sign, language) })}
    </>
  )
}

/** Says that the screen no longer follows the cars, and since when; gone as soon as it does again. */
export function LinkBanner(): ReactNode {
  const state = useLinkState()
  const [shown, setShown] = useState(false)
  useEffect(() => {
    if (state !== 'down') {
      setShown(false)
      return
    }
    const timer = window.setTimeout(() => setShown(true), PATIENCE_MS)
    return () => window.clearTimeout(timer)
  }, [state])
  return (
    <div role="status" aria-live="polite">
      {shown && (
        <div className={classes['banner']} data-testid="link-banner">
          <IconPlugConnectedX size={18} aria-hidden="true" />
          <span>
            <DownSentence />
          </span>
        </div>
      )}
    </div>
  )
}
