/** What proves to a registry who asks. */
export type Credentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** A refresh token that the token server takes in place of a password. */
  | { readonly kind: 'identity-token'; readonly token: string }
