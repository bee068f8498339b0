// Package entra is the identity platform of the simulator: the v2.0 endpoints under /{tenant}/ through which programs and people sign in,
// and the tokens that Graph accepts.
//
// A [Server] knows one tenant. It asks its [Config] for the time and for people, and keeps everything else itself: registered apps with
// their secrets, certificates, redirect URIs and granted permissions, accounts with password and second factor, consents, and what it
// handed out (codes, refresh tokens, device codes, browser sessions). All of that is a [State], which encodes as JSON.
//
// How it is built, one concept a file:
//
//   - server, place, discovery: a [Request] is matched with an endpoint of a tenant and answered with a [Response].
//   - key, jwt, claims, bearer: the signing key, the form of tokens, what they say, and how Graph checks them.
//   - app, account, scope, consent: what is registered, who signs in, what is asked for and what was allowed.
//   - token and grant*: the token endpoint and its six grants. assertion: certificates instead of secrets.
//   - flow, authorize, signin, consentpage, device, adminconsent, page: what happens in a browser, step by step.
//   - aadsts: the error numbers with their texts.
//
// Facts come from the documentation of the identity platform (entra-docs, pages "v2-oauth2-auth-code-flow", "v2-oauth2-client-creds-grant-flow",
// "v2-oauth2-device-code", "v2-oauth-ropc", "refresh-tokens", "certificate-credentials", "reference-error-codes", "reply-url") and from public
// issues. Where they leave something open a comment says "unconfirmed".
//
// Everything exported is safe for concurrent use.
package entra
