import { ActionIcon, Menu } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconLanguage, IconLogout, IconShieldLock, IconUser } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { remove } from '../api/api-client.ts'
import type { User } from '../api/session.ts'
import { chooseLanguage, useWords } from '../language/language.ts'
import { problemWords } from '../language/problem-words.ts'
import { SESSION } from '../session/session-query.ts'

/** Who is signed in, the language, and the way out. */
export function UserMenu({ user }: { readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const client = useQueryClient()
  const signOut = useMutation({
    mutationFn: () => remove('/session'),
    onSuccess: () => client.setQueryData(SESSION, null),
    // Whoever leaves a shared computer must not believe that he has left.
    onError: (error) =>
      notifications.show({ color: 'red', message: t('app.stillIn', { why: problemWords(error, t, 'reading') }) }),
  })
  const known = t(`role.${user.role}`)
  const role = known === `role.${user.role}` ? user.role : known
  return (
    <Menu position="right-end" withArrow shadow="md" width={230}>
      <Menu.Target>
        <ActionIcon variant="default" size={40} radius="xl" aria-label={t('app.menu')}>
          <IconUser size={19} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {user.name}
          {user.name === role ? '' : `, ${role}`}
        </Menu.Label>
        <Menu.Item
          leftSection={<IconLanguage size={16} />}
          lang={language === 'ru' ? 'en' : 'ru'}
          onClick={() => {
            chooseLanguage(language === 'ru' ? 'en' : 'ru')
            void client.invalidateQueries()
          }}
        >
          {language === 'ru' ? 'English' : 'Русский'}
        </Menu.Item>
        <Menu.Item leftSection={<IconShieldLock size={16} />} component={Link} href="/account">
          {t('account.open')}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => signOut.mutate()}>
          {t('app.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
