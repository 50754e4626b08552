import { Alert, Button, Center, Stack } from '@mantine/core'
import { Component, type ReactNode } from 'react'
import { useWords } from '../language/language.ts'

function BrokenWords(): ReactNode {
  const { t } = useWords()
  return (
    <Center p="xl">
      <Alert color="red" variant="light" role="alert">
        <Stack gap="sm" align="flex-start">
          {t('app.broken')}
          <Button size="xs" variant="default" onClick={() => window.location.reload()}>
            {t('app.retry')}
          </Button>
        </Stack>
      </Alert>
    </Center>
  )
}

/** Keeps a page's bug on that page: the navigation and the connection's banner stay. React offers this to classes only. */
export class BrokenPage extends Component<{ readonly children: ReactNode }, { readonly broken: boolean }> {
  override state = { broken: false }

  static getDerivedStateFromError(): { readonly broken: boolean } {
    return { broken: true }
  }

  override render(): ReactNode {
    return this.state.broken ? <BrokenWords /> : this.props.children
  }
}
