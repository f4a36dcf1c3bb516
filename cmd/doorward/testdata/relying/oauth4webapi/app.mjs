// A web application that signs people in with oauth4webapi. It proves itself by a key of its own (private_key_jwt), which it makes when
// it starts and shows at /jwks, and has the answer posted to it (form_post). It knows one visitor at a time.
//
//	ISSUER, CLIENT_ID   as `doorward client add` prints them
//	ORIGIN              where it is visited; ORIGIN/callback and ORIGIN/signed-out are registered, ORIGIN/jwks is its jwks_uri
import { createServer } from 'node:http'
import * as oauth from 'oauth4webapi'

const { ISSUER, CLIENT_ID, ORIGIN } = process.env

// Leave it out for an issuer of https.
const insecure = { [oauth.allowInsecureRequests]: true }

const issuer = new URL(ISSUER)
const provider = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure))
const client = { client_id: CLIENT_ID, id_token_signed_response_alg: 'ES256' }
const key = { ...(await oauth.generateKeyPair('ES256', { extractable: true })), kid: 'first' }
const proof = oauth.PrivateKeyJwt({ key: key.privateKey, kid: key.kid })

let asked // what was sent to the provider and must come back
let tokens
let claims

async function signIn() {
  asked = { verifier: oauth.generateRandomCodeVerifier(), state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce() }
  const to = new URL(provider.authorization_endpoint)
  to.search = new URLSearchParams({
    client_id: CLIENT_ID,
    redirect_uri: ORIGIN + '/callback',
    response_type: 'code',
    response_mode: 'form_post',
    scope: 'openid profile email',
    state: asked.state,
    nonce: asked.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(asked.verifier),
    code_challenge_method: 'S256',
  })
  return to
}

async function callback(_, form) {
  const answer = oauth.validateAuthResponse(provider, client, form, asked.state)
  const response = await oauth.authorizationCodeGrantRequest(provider, client, proof, answer, ORIGIN + '/callback', asked.verifier, insecure)
  tokens = await oauth.processAuthorizationCodeResponse(provider, client, response, { expectedNonce: asked.nonce, requireIdToken: true })
  await oauth.validateApplicationLevelSignature(provider, response, insecure)
  claims = oauth.getValidatedIdTokenClaims(tokens)
  return state()
}

async function state() {
  const response = await oauth.userInfoRequest(provider, client, tokens.access_token, insecure)
  return { claims, userinfo: await oauth.processUserInfoResponse(provider, client, claims.sub, response) }
}

async function refresh() {
  const before = tokens
  const response = await oauth.refreshTokenGrantRequest(provider, client, proof, tokens.refresh_token, insecure)
  tokens = await oauth.processRefreshTokenResponse(provider, client, response)
  claims = oauth.getValidatedIdTokenClaims(tokens)
  return { ...(await state()), rotated: before.refresh_token !== tokens.refresh_token && before.access_token !== tokens.access_token }
}

async function introspect() {
  const response = await oauth.introspectionRequest(provider, client, proof, tokens.access_token, insecure)
  return oauth.processIntrospectionResponse(provider, client, response)
}

async function revoke() {
  await oauth.processRevocationResponse(await oauth.revocationRequest(provider, client, proof, tokens.refresh_token, insecure))
  return {}
}

function signOut() {
  const to = new URL(provider.end_session_endpoint)
  to.search = new URLSearchParams({
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: ORIGIN + '/signed-out',
    state: 'kept & "whole"',
  })
  return to
}

async function jwks() {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', key.publicKey)
  return { keys: [{ kty, crv, x, y, kid: key.kid, alg: 'ES256', use: 'sig' }] }
}

const pages = {
  '/': () => ({}),
  '/jwks': jwks,
  '/sign-in': signIn,
  '/callback': callback,
  '/refresh': refresh,
  '/introspect': introspect,
  '/revoke': revoke,
  '/sign-out': signOut,
  '/signed-out': (answer) => ({ state: answer.searchParams.get('state') }),
}

async function body(request) {
  let text = ''
  for await (const part of request) text += part
  return new URLSearchParams(text)
}

createServer(async (request, response) => {
  const asks = new URL(request.url, ORIGIN)
  try {
    const says = await pages[asks.pathname](asks, await body(request))
    if (says instanceof URL) return response.writeHead(302, { location: says.href }).end()
    response.setHeader('content-type', 'application/json').end(JSON.stringify(says))
  } catch (error) {
    response.statusCode = 500
    response.end(JSON.stringify({ error: error.error ?? error.code ?? String(error), why: error.error_description ?? error.message }))
  }
}).listen(new URL(ORIGIN).port, '127.0.0.1')
