import type { ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import type { User } from '../api/session.ts'
import { SignerBanner } from '../governor/signer-banner.tsx'
import { useWords } from '../language/language.ts'
import { LinkBanner } from '../live/link-banner.tsx'
import { groupsFor, isIn } from './sections.ts'
import classes from './shell.module.css'
import { UserMenu } from './user-menu.tsx'

type Groups = ReturnType<typeof groupsFor>

function Groups({ groups, path }: { readonly groups: Groups; readonly path: string }): ReactNode {
  const { t } = useWords()
  return (
    <nav className={classes['sections']} aria-label={t('nav.label')}>
      {groups.map(({ word, Icon, sections }) => (
        <Link
          key={word}
          href={sections[0]?.path ?? '/'}
          className={classes['section'] ?? ''}
          aria-current={sections.some((section) => isIn(section.path, path)) ? 'page' : undefined}
        >
          <Icon size={20} stroke={1.7} aria-hidden="true" />
          <span>{t(word)}</span>
        </Link>
      ))}
    </nav>
  )
}

/** On a phone the line is longer than the screen: the open page's word must not hide beyond its edge. */
const intoView = (tab: HTMLElement | null): void => tab?.scrollIntoView({ block: 'nearest', inline: 'center' })

/** The pages of the group that is open; nothing where there is only one. */
function Strip({ groups, path }: { readonly groups: Groups; readonly path: string }): ReactNode {
  const { t } = useWords()
  const open = groups.find(({ sections }) => sections.some((section) => isIn(section.path, path)))
  if (open === undefined || open.sections.length < 2) return null
  return (
    <nav className={classes['strip']} aria-label={t(open.word)}>
      {open.sections.map((section) => {
        const isOpen = isIn(section.path, path)
        return (
          <Link
            key={section.path}
            ref={isOpen ? intoView : undefined}
            href={section.path}
            className={classes['tab'] ?? ''}
            aria-current={isOpen ? 'page' : undefined}
          >
            {t(section.word)}
          </Link>
        )
      })}
    </nav>
  )
}

/** Navigation at the left (at the bottom on a phone), the connection's banner, and the page. */
export function Shell({ user, children }: { readonly user: User; readonly children: ReactNode }): ReactNode {
  const { t } = useWords()
  const [path] = useLocation()
  const groups = groupsFor(user.role)
  return (
    <div className={classes['shell']}>
      <a className={classes['skip']} href="#content">
        {t('app.skip')}
      </a>
      <header className={classes['side']}>
        <Link href="/" className={classes['brand'] ?? ''} aria-label={t('app.name')}>
          <img src="/kordon.svg" alt="" width="30" height="30" />
        </Link>
        <Groups groups={groups} path={path} />
        <UserMenu user={user} />
      </header>
      <div className={classes['body']}>
        <LinkBanner />
        <SignerBanner />
        <Strip groups={groups} path={path} />
        <main id="content" className={classes['content']} tabIndex={-1}>
          {children}
        </main>
      </div>
    </div>
  )
}
