import { Anchor, Center, Stack, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { useWords } from '../language/language.ts'

export function NotFound(): ReactNode {
  const { t } = useWords()
  return (
    <Center h="100%" mih={300}>
      <Stack align="center" gap="xs">
        <Title order={1}>{t('app.notFound')}</Title>
        <Anchor component={Link} href="/">
          {t('app.toMap')}
        </Anchor>
      </Stack>
    </Center>
  )
}
