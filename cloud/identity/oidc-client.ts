import * as oidc from 'openid-client'

export type OidcClient = ReturnType<typeof createOidcClient>

type Settings = {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Where the browser comes back to. */
  readonly redirectUri: string
}

/** What is kept between leaving and coming back: the answer has to fit all of it. */
export type Departure = { readonly verifier: string; readonly state: string; readonly nonce: string }

/** An OpenID Connect service, by the authorisation code with PKCE (RFC 7636), state and nonce. Discovered at first use. */
export function createOidcClient(settings: Settings) {
  let known: Promise<oidc.Configuration> | undefined
  const service = (): Promise<oidc.Configuration> => {
    // Plain http is for tests and for services on the same machine; elsewhere the library refuses it.
    const local = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/.test(`${settings.issuer}/`)
    const options = local ? { execute: [oidc.allowInsecureRequests] } : {}
    known ??= oidc.discovery(new URL(settings.issuer), settings.clientId, settings.clientSecret, undefined, options)
    known.catch(() => {
      known = undefined
    })
    return known
  }
  return {
    /** The address to send the browser to, and what to keep until it comes back. */
    depart: async (): Promise<{ url: string; departure: Departure }> => {
      const departure = {
        verifier: oidc.randomPKCECodeVerifier(),
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
      }
      const url = oidc.buildAuthorizationUrl(await service(), {
        redirect_uri: settings.redirectUri,
        scope: 'openid email profile',
        code_challenge: await oidc.calculatePKCECodeChallenge(departure.verifier),
        code_challenge_method: 'S256',
        state: departure.state,
        nonce: departure.nonce,
      })
      return { url: url.href, departure }
    },
    /** The claims of the identity token; rejects when the answer is not one to this departure. */
    arrive: async (
      query: string,
      { verifier, state, nonce }: Departure,
    ): Promise<Readonly<Record<string, unknown>>> => {
      const back = new URL(settings.redirectUri)
      back.search = query
      const tokens = await oidc.authorizationCodeGrant(await service(), back, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      })
      return { ...tokens.claims() }
    },
  }
}
