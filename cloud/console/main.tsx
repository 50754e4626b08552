import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './design/design.css'
import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { worthRetrying } from './api/api-client.ts'
import { App } from './app/app.tsx'
import { theme } from './design/theme.ts'
import { startLanguage } from './language/language.ts'

startLanguage()

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => failures < 2 && worthRetrying(error),
      retryDelay: (failures) => 500 * 2 ** failures,
      staleTime: 10_000,
      // Our own live stream knows about the connection; the browser's guess would hold requests back.
      networkMode: 'always',
    },
    // A person decides whether to repeat something that changes the world.
    mutations: { retry: false, networkMode: 'always' },
  },
})

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <Notifications position="top-right" />
        <App />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
