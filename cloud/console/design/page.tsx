import { ActionIcon, Group, Text } from '@mantine/core'
import { IconArrowLeft } from '@tabler/icons-react'
import { type ReactNode, useId } from 'react'
import { Link } from 'wouter'
import { useWords } from '../language/language.ts'
import classes from './page.module.css'

/** A page: its title, one sentence, what can be done, and the rest. `back` is where it was opened from. */
export function Page(props: {
  readonly title: ReactNode
  readonly lead?: ReactNode
  readonly back?: string
  readonly actions?: ReactNode
  readonly children: ReactNode
}): ReactNode {
  const { title, lead, back, actions, children } = props
  const { t } = useWords()
  return (
    <div className={classes['page']}>
      <div className={classes['head']}>
        <div className={classes['who']}>
          {back !== undefined && (
            <ActionIcon component={Link} href={back} variant="default" size={36} aria-label={t('app.back')}>
              <IconArrowLeft size={18} />
            </ActionIcon>
          )}
          <div>
            <h1 className={classes['title']}>{title}</h1>
            {lead !== undefined && (
              <Text size="sm" component="div" className="quiet">
                {lead}
              </Text>
            )}
          </div>
        </div>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </div>
      {children}
    </div>
  )
}

/** What narrows a list. */
export const Tools = ({ children }: { readonly children: ReactNode }): ReactNode => (
  <div className={classes['tools']}>{children}</div>
)

/** The main part, and what stands beside it; one under the other on a phone. */
export const Columns = ({ main, side }: { readonly main: ReactNode; readonly side: ReactNode }): ReactNode => (
  <div className={classes['columns']}>
    <div className={classes['stack']}>{main}</div>
    <div className={classes['stack']}>{side}</div>
  </div>
)

/** A part of a page under its own heading. */
export function Panel(props: {
  readonly title: string
  readonly actions?: ReactNode
  readonly children: ReactNode
}): ReactNode {
  const id = useId()
  return (
    <section className="panel" aria-labelledby={id}>
      <Group justify="space-between" align="center" mb="sm" gap="xs">
        <h2 id={id} style={{ margin: 0, fontSize: '0.8125rem', fontWeight: 600, color: 'var(--quiet)' }}>
          {props.title}
        </h2>
        {props.actions !== undefined && <Group gap={6}>{props.actions}</Group>}
      </Group>
      {props.children}
    </section>
  )
}

export const Quiet = ({ children }: { readonly children: ReactNode }): ReactNode => (
  <Text size="sm" component="div" className="quiet">
    {children}
  </Text>
)
