import { Center, Loader } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useEffect } from 'react'
import { Route, Switch, useLocation } from 'wouter'
import { onSessionLost } from '../api/api-client.ts'
import type { User } from '../api/session.ts'
import { Failed } from '../design/query-view.tsx'
import { LiveFeed } from '../live/live-feed.tsx'
import { SESSION, useSession } from '../session/session-query.ts'
import { SetUpPage } from '../session/set-up-page.tsx'
import { SignInPage } from '../session/sign-in-page.tsx'
import { BrokenPage } from './broken-page.tsx'
import { NotFound } from './not-found.tsx'
import { Shell } from './shell.tsx'

// The map library is two thirds of everything: only the pages that show a map pay for it.
const MapPage = lazy(async () => ({ default: (await import('../map/map-page.tsx')).MapPage }))
const VehiclesPage = lazy(async () => ({ default: (await import('../vehicles/vehicles-page.tsx')).VehiclesPage }))
const VehiclePage = lazy(async () => ({ default: (await import('../vehicles/vehicle-page.tsx')).VehiclePage }))
const GatewaysPage = lazy(async () => ({ default: (await import('../gateways/gateways-page.tsx')).GatewaysPage }))

const GovernorPage = lazy(async () => ({ default: (await import('../governor/governor-page.tsx')).GovernorPage }))

const Waiting = (): ReactNode => (
  <Center h="100%" mih={240}>
    <Loader size="sm" />
  </Center>
)

function Pages({ user }: { readonly user: User }): ReactNode {
  const [path] = useLocation()
  return (
    <LiveFeed>
      <Shell user={user}>
        <BrokenPage key={path}>
          <Suspense fallback={<Waiting />}>
            <Switch>
              <Route path="/">
                <MapPage />
              </Route>
              <Route path="/vehicles">
                <VehiclesPage />
              </Route>
              <Route path="/vehicles/:id">{({ id }) => <VehiclePage key={id} id={id} user={user} />}</Route>
              <Route path="/gateways">
                <GatewaysPage user={user} />
              </Route>
              <Route path="/governor">
                <GovernorPage user={user} />
              </Route>
              <Route>
                <NotFound />
              </Route>
            </Switch>
          </Suspense>
        </BrokenPage>
      </Shell>
    </LiveFeed>
  )
}

/** Sign-in or the pages, by what the server says about the session. */
export function App(): ReactNode {
  const [path] = useLocation()
  const session = useSession()
  const client = useQueryClient()
  useEffect(() => onSessionLost(() => client.setQueryData(SESSION, null)), [client])
  if (session.data === undefined) {
    if (session.error === null) return <Waiting />
    return (
      <Center h="100%" p="md">
        <Failed error={session.error} retry={() => void session.refetch()} />
      </Center>
    )
  }
  if (session.data === null) return path.startsWith('/setup') ? <SetUpPage /> : <SignInPage />
  return <Pages user={session.data.user} />
}
