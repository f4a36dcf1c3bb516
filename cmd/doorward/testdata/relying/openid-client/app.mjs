// A web application that signs people in with openid-client, as its documentation tells. It knows one visitor at a time.
//
//	ISSUER, CLIENT_ID, CLIENT_SECRET   as `doorward client add` prints them
//	ORIGIN                             where it is visited; ORIGIN/callback and ORIGIN/signed-out are registered
import { createServer } from 'node:http'
import * as client from 'openid-client'

const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN } = process.env

// The line with allowInsecureRequests is for an issuer that is http://localhost; leave it out for https.
const config = await client.discovery(
  new URL(ISSUER),
  CLIENT_ID,
  { id_token_signed_response_alg: 'ES256' },
  client.ClientSecretBasic(CLIENT_SECRET),
  { execute: [client.allowInsecureRequests] },
)

let asked // what was sent to the provider and must come back
let tokens
let subject

async function signIn() {
  const verifier = client.randomPKCECodeVerifier()
  asked = { pkceCodeVerifier: verifier, expectedState: client.randomState(), expectedNonce: client.randomNonce(), idTokenExpected: true }
  return client.buildAuthorizationUrl(config, {
    redirect_uri: ORIGIN + '/callback',
    scope: 'openid profile email',
    state: asked.expectedState,
    nonce: asked.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
}

// An answer that names another issuer must be refused before its code is sent anywhere (RFC 9207 §2.4).
async function refusesForeignIssuer(answer) {
  const foreign = new URL(answer)
  foreign.searchParams.set('iss', 'https://other.example')
  return client.authorizationCodeGrant(config, foreign, asked).then(() => false, (error) => error.code)
}

async function callback(answer) {
  const refusal = await refusesForeignIssuer(answer)
  tokens = await client.authorizationCodeGrant(config, answer, asked)
  subject = tokens.claims().sub
  return { ...(await state()), foreign_issuer: refusal }
}

async function state() {
  return { claims: tokens.claims(), userinfo: await client.fetchUserInfo(config, tokens.access_token, subject) }
}

async function refresh() {
  const before = tokens
  tokens = await client.refreshTokenGrant(config, tokens.refresh_token)
  return { ...(await state()), rotated: before.refresh_token !== tokens.refresh_token && before.access_token !== tokens.access_token }
}

function signOut() {
  return client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: ORIGIN + '/signed-out',
    state: 'kept & "whole"',
  })
}

const pages = {
  '/': () => ({}),
  '/sign-in': signIn,
  '/callback': callback,
  '/refresh': refresh,
  '/introspect': () => client.tokenIntrospection(config, tokens.access_token),
  '/revoke': async () => (await client.tokenRevocation(config, tokens.refresh_token), {}),
  '/sign-out': signOut,
  '/signed-out': (answer) => ({ state: answer.searchParams.get('state') }),
}

createServer(async (request, response) => {
  const asks = new URL(request.url, ORIGIN)
  try {
    const says = await pages[asks.pathname](asks)
    if (says instanceof URL) return response.writeHead(302, { location: says.href }).end()
    response.setHeader('content-type', 'application/json').end(JSON.stringify(says))
  } catch (error) {
    response.statusCode = 500
    response.end(JSON.stringify({ error: error.error ?? error.code ?? String(error), why: error.error_description ?? error.message }))
  }
}).listen(new URL(ORIGIN).port, '127.0.0.1')
