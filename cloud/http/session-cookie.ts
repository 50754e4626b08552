/** The cookie of a session: HttpOnly, SameSite=Strict, and Secure wherever browsers reach us by https. */
export const SESSION_COOKIE = 'kordon_session'
