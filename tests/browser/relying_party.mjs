// Another system, as openid-client sees the protocol: node relying_party.mjs ISSUER CLIENT SECRET REDIRECT
// Says where to send somebody, reads from a line where they came back, and prints what it learned as JSON.
import * as client from 'openid-client'
import { createInterface } from 'node:readline'

const [issuer, id, secret, redirect] = process.argv.slice(2)
const config = await client.discovery(new URL(issuer), id, { id_token_signed_response_alg: 'ES256' },
  client.ClientSecretBasic(secret), { execute: [client.allowInsecureRequests] })
const verifier = client.randomPKCECodeVerifier()
const state = client.randomState(), nonce = client.randomNonce()
const sent = client.buildAuthorizationUrl(config, {
  redirect_uri: redirect, scope: 'openid profile region', state, nonce, max_age: '3600',
  code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
})
console.log(sent.href)
const lines = createInterface({ input: process.stdin })
const back = new URL((await lines[Symbol.asyncIterator]().next()).value)
lines.close()
const check = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true, maxAge: 3600 }
const tokens = await client.authorizationCodeGrant(config, back, check)
const claims = tokens.claims()
const told = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
const renewed = await client.refreshTokenGrant(config, tokens.refresh_token)
const again = await client.fetchUserInfo(config, renewed.access_token, claims.sub)
const replay = await client.authorizationCodeGrant(config, back, check).then(() => 'taken', (error) => error.error)
const dead = await client.fetchUserInfo(config, renewed.access_token, claims.sub).then(() => 'alive', (error) => error.status)
const out = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: redirect })
console.log(JSON.stringify({ claims, told, again, replay, dead, out: out.href }))
