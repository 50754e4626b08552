export type User = { readonly id: string; readonly login: string; readonly name: string; readonly role: string }
export type Session = { readonly user: User }
