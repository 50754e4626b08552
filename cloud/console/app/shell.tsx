import type { ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import type { User } from '../api/session.ts'
import { SignerBanner } from '../governor/signer-banner.tsx'
import { useWords } from '../language/language.ts'
import { LinkBanner } from '../live/link-banner.tsx'
import { isIn, SECTIONS } from './sections.ts'
import classes from './shell.module.css'
import { UserMenu } from './user-menu.tsx'

function Sections(): ReactNode {
  const { t } = useWords()
  const [path] = useLocation()
  return (
    <nav className={classes['sections']} aria-label={t('nav.label')}>
      {SECTIONS.map(({ path: target, word, Icon }) => (
        <Link
          key={target}
          href={target}
          className={classes['section'] ?? ''}
          aria-current={isIn(target, path) ? 'page' : undefined}
        >
          <Icon size={20} stroke={1.7} aria-hidden="true" />
          <span>{t(word)}</span>
        </Link>
      ))}
    </nav>
  )
}

/** Navigation at the left (at the bottom on a phone), the connection's banner, and the page. */
export function Shell({ user, children }: { readonly user: User; readonly children: ReactNode }): ReactNode {
  const { t } = useWords()
  return (
    <div className={classes['shell']}>
      <a className={classes['skip']} href="#content">
        {t('app.skip')}
      </a>
      <header className={classes['side']}>
        <Link href="/" className={classes['brand'] ?? ''} aria-label={t('app.name')}>
          <img src="/kordon.svg" alt="" width="30" height="30" />
        </Link>
        <Sections />
        <UserMenu user={user} />
      </header>
      <div className={classes['body']}>
        <LinkBanner />
        <SignerBanner />
        <main id="content" className={classes['content']} tabIndex={-1}>
          {children}
        </main>
      </div>
    </div>
  )
}
