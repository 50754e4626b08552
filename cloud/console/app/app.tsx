import { Center, Loader } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useEffect } from 'react'
import { Route, Switch, useLocation } from 'wouter'
import { ProveDialog } from '../account/prove-dialog.tsx'
import { onSessionLost } from '../api/api-client.ts'
import type { User } from '../api/session.ts'
import { Failed } from '../design/query-view.tsx'
import { LiveFeed } from '../live/live-feed.tsx'
import { mayTakeCalls } from '../session/rights.ts'
import { SESSION, useSession } from '../session/session-query.ts'
import { SetUpPage } from '../session/set-up-page.tsx'
import { SignInPage } from '../session/sign-in-page.tsx'
import { BrokenPage } from './broken-page.tsx'
import { useFocusReturn } from './focus-return.ts'
import { NotFound } from './not-found.tsx'
import { Shell } from './shell.tsx'
import { useTabTitle } from './tab-title.ts'

// The map library is two thirds of everything: only the pages that show a map pay for it.
const MapPage = lazy(async () => ({ default: (await import('../map/map-page.tsx')).MapPage }))
const VehiclesPage = lazy(async () => ({ default: (await import('../vehicles/vehicles-page.tsx')).VehiclesPage }))
const VehiclePage = lazy(async () => ({ default: (await import('../vehicles/vehicle-page.tsx')).VehiclePage }))
const GatewaysPage = lazy(async () => ({ default: (await import('../gateways/gateways-page.tsx')).GatewaysPage }))

const DriversPage = lazy(async () => ({ default: (await import('../drivers/drivers-page.tsx')).DriversPage }))
const DriverPage = lazy(async () => ({ default: (await import('../drivers/driver-page.tsx')).DriverPage }))
const LeasesPage = lazy(async () => ({ default: (await import('../leases/leases-page.tsx')).LeasesPage }))
const LeasePage = lazy(async () => ({ default: (await import('../leases/lease-page.tsx')).LeasePage }))
const MoneyPage = lazy(async () => ({ default: (await import('../money/money-page.tsx')).MoneyPage }))
const PromisesPage = lazy(async () => ({ default: (await import('../money/promises-page.tsx')).PromisesPage }))
const BalancesPage = lazy(async () => ({ default: (await import('../money/balances-page.tsx')).BalancesPage }))
const InspectionsPage = lazy(async () => ({
  default: (await import('../inspections/inspections-page.tsx')).InspectionsPage,
}))
const StationsPage = lazy(async () => ({ default: (await import('../inspections/stations-page.tsx')).StationsPage }))
const InspectionPage = lazy(async () => ({
  default: (await import('../inspections/inspection-page.tsx')).InspectionPage,
}))
const PapersPage = lazy(async () => ({ default: (await import('../papers/papers-page.tsx')).PapersPage }))
const VehiclePapersPage = lazy(async () => ({
  default: (await import('../papers/vehicle-papers-page.tsx')).VehiclePapersPage,
}))
const ZonesPage = lazy(async () => ({ default: (await import('../zones/zones-page.tsx')).ZonesPage }))
const InboxPage = lazy(async () => ({ default: (await import('../inbox/inbox-page.tsx')).InboxPage }))
const AppealsPage = lazy(async () => ({ default: (await import('../appeals/appeals-page.tsx')).AppealsPage }))
const MessagesPage = lazy(async () => ({ default: (await import('../messages/messages-page.tsx')).MessagesPage }))
const RulesPage = lazy(async () => ({ default: (await import('../rules/rules-page.tsx')).RulesPage }))
const RulePage = lazy(async () => ({ default: (await import('../rules/rule-page.tsx')).RulePage }))
const DecisionsPage = lazy(async () => ({ default: (await import('../rules/decisions-page.tsx')).DecisionsPage }))
const PoliciesPage = lazy(async () => ({ default: (await import('../policies/policies-page.tsx')).PoliciesPage }))
const CallsPage = lazy(async () => ({ default: (await import('../calls/calls-page.tsx')).CallsPage }))
const AgentsPage = lazy(async () => ({ default: (await import('../agents/agents-page.tsx')).AgentsPage }))
const AgentPage = lazy(async () => ({ default: (await import('../agents/agent-page.tsx')).AgentPage }))
const MorningPage = lazy(async () => ({ default: (await import('../morning/morning-page.tsx')).MorningPage }))
const NumberPage = lazy(async () => ({ default: (await import('../morning/number-page.tsx')).NumberPage }))
const GovernorPage = lazy(async () => ({ default: (await import('../governor/governor-page.tsx')).GovernorPage }))
const ProcessesPage = lazy(async () => ({ default: (await import('../processes/processes-page.tsx')).ProcessesPage }))
const CardPage = lazy(async () => ({ default: (await import('../processes/card-page.tsx')).CardPage }))
const WorkplacePage = lazy(async () => ({ default: (await import('../processes/workplace-page.tsx')).WorkplacePage }))

const ApprovalsPage = lazy(async () => ({ default: (await import('../approvals/approvals-page.tsx')).ApprovalsPage }))
const DispatcherPage = lazy(async () => ({
  default: (await import('../dispatcher/dispatcher-page.tsx')).DispatcherPage,
}))
const CallWindow = lazy(async () => ({ default: (await import('../dispatcher/call-window.tsx')).CallWindow }))
const MechanicPage = lazy(async () => ({ default: (await import('../mechanic/mechanic-page.tsx')).MechanicPage }))
const OfflineMechanic = lazy(async () => ({ default: (await import('../mechanic/mechanic-page.tsx')).OfflineMechanic }))
const ReportsPage = lazy(async () => ({ default: (await import('../reports/reports-page.tsx')).ReportsPage }))
const RunningPage = lazy(async () => ({ default: (await import('../running/running-page.tsx')).RunningPage }))
const DefinitionsPage = lazy(async () => ({
  default: (await import('../definitions/definitions-page.tsx')).DefinitionsPage,
}))

const AccountPage = lazy(async () => ({ default: (await import('../account/account-page.tsx')).AccountPage }))
const PeoplePage = lazy(async () => ({ default: (await import('../people/people-page.tsx')).PeoplePage }))
const QuarantinePage = lazy(async () => ({
  default: (await import('../quarantine/quarantine-page.tsx')).QuarantinePage,
}))
const AuditPage = lazy(async () => ({ default: (await import('../audit/audit-page.tsx')).AuditPage }))
const JoinPage = lazy(async () => ({ default: (await import('../session/join-page.tsx')).JoinPage }))

const Waiting = (): ReactNode => (
  <Center h="100%" mih={240}>
    <Loader size="sm" />
  </Center>
)

function Pages({ user }: { readonly user: User }): ReactNode {
  const [path] = useLocation()
  return (
    <LiveFeed>
      <ProveDialog />
      <Suspense fallback={null}>{mayTakeCalls(user) && <CallWindow />}</Suspense>
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
              <Route path="/drivers">
                <DriversPage user={user} />
              </Route>
              <Route path="/drivers/:id">{({ id }) => <DriverPage key={id} id={id} user={user} />}</Route>
              <Route path="/leases">
                <LeasesPage user={user} />
              </Route>
              <Route path="/leases/:id">{({ id }) => <LeasePage key={id} id={id} user={user} />}</Route>
              <Route path="/workplace">
                <WorkplacePage />
              </Route>
              <Route path="/processes">
                <ProcessesPage />
              </Route>
              <Route path="/processes/cards/:id">{({ id }) => <CardPage key={id} id={id} user={user} />}</Route>
              <Route path="/money">
                <MoneyPage user={user} />
              </Route>
              <Route path="/promises">
                <PromisesPage user={user} />
              </Route>
              <Route path="/balances">
                <BalancesPage user={user} />
              </Route>
              <Route path="/agents">
                <AgentsPage />
              </Route>
              <Route path="/agents/:id">{({ id }) => <AgentPage key={id} id={id} user={user} />}</Route>
              <Route path="/inspections">
                <InspectionsPage />
              </Route>
              <Route path="/inspections/stations">
                <StationsPage user={user} />
              </Route>
              <Route path="/inspections/:id">{({ id }) => <InspectionPage key={id} id={id} user={user} />}</Route>
              <Route path="/papers">
                <PapersPage user={user} />
              </Route>
              <Route path="/papers/:id">{({ id }) => <VehiclePapersPage key={id} id={id} user={user} />}</Route>
              <Route path="/zones">
                <ZonesPage user={user} />
              </Route>
              <Route path="/appeals">
                <AppealsPage user={user} />
              </Route>
              <Route path="/inbox">
                <InboxPage user={user} />
              </Route>
              <Route path="/calls">
                <CallsPage />
              </Route>
              <Route path="/messages">
                <MessagesPage user={user} />
              </Route>
              <Route path="/rules">
                <RulesPage user={user} />
              </Route>
              <Route path="/rules/:id">{({ id }) => <RulePage key={id} id={id} user={user} />}</Route>
              <Route path="/decisions">
                <DecisionsPage user={user} />
              </Route>
              <Route path="/policies">
                <PoliciesPage user={user} />
              </Route>
              <Route path="/morning">
                <MorningPage />
              </Route>
              <Route path="/morning/:number">{({ number }) => <NumberPage key={number} number={number} />}</Route>
              <Route path="/governor">
                <GovernorPage user={user} />
              </Route>
              <Route path="/approvals">
                <ApprovalsPage />
              </Route>
              <Route path="/dispatcher">
                <DispatcherPage />
              </Route>
              <Route path="/mechanic">
                <MechanicPage user={user} />
              </Route>
              <Route path="/reports">
                <ReportsPage />
              </Route>
              <Route path="/running">
                <RunningPage user={user} />
              </Route>
              <Route path="/definitions">
                <DefinitionsPage user={user} />
              </Route>
              <Route path="/account">
                <AccountPage />
              </Route>
              <Route path="/people">
                <PeoplePage user={user} />
              </Route>
              <Route path="/quarantine">
                <QuarantinePage user={user} />
              </Route>
              <Route path="/audit">
                <AuditPage user={user} />
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
  useTabTitle()
  useFocusReturn()
  useEffect(() => onSessionLost(() => client.setQueryData(SESSION, null)), [client])
  if (session.data === undefined) {
    if (session.error === null) return <Waiting />
    if (path === '/mechanic')
      return (
        <Suspense fallback={<Waiting />}>
          <OfflineMechanic error={session.error} retry={() => void session.refetch()} />
        </Suspense>
      )
    return (
      <Center h="100%" p="md">
        <Failed error={session.error} retry={() => void session.refetch()} />
      </Center>
    )
  }
  if (path.startsWith('/join'))
    return (
      <Suspense fallback={<Waiting />}>
        <JoinPage />
      </Suspense>
    )
  if (session.data === null) return path.startsWith('/setup') ? <SetUpPage /> : <SignInPage />
  return <Pages user={session.data.user} />
}
