// An OpenID Provider that nobody here wrote (npm oidc-provider), in the place of Google. It signs in whoever is chosen on its one
// page. POST /fault?name=… lets it lie in the next ID token, and POST /hd?domain=… gives every account an organisation.
//
//	ORIGIN                     where it is, its issuer
//	CLIENT_ID, CLIENT_SECRET   of the one client
//	REDIRECT_URI               of it
//	ACCOUNTS                   JSON: sub -> email
import { createServer } from 'node:http'
import { generateKeyPairSync } from 'node:crypto'
import Provider, { interactionPolicy } from 'oidc-provider'
import { SignJWT, decodeJwt, importJWK } from 'jose'

const { ORIGIN, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI } = process.env
const accounts = JSON.parse(process.env.ACCOUNTS)
let domain
let fault

const rsa = (kid) => ({ ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' })
const key = rsa('one')
const stranger = rsa('one') // another key under the same name

const policy = interactionPolicy.base()
policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0)

const provider = new Provider(ORIGIN, {
  clients: [{
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET,
    redirect_uris: [REDIRECT_URI],
    response_types: ['code'],
    grant_types: ['authorization_code'],
  }],
  jwks: { keys: [key] },
  cookies: { keys: ['only for tests'] },
  claims: { openid: ['sub'], email: ['email', 'email_verified', 'hd'] },
  conformIdTokenClaims: false, // as Google, which puts the address into the ID token
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  interactions: { policy, url: (_, interaction) => `/choose/${interaction.uid}` },
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({ sub, email: accounts[sub], email_verified: fault !== 'unverified', ...(domain && { hd: domain }) }),
  }),
})

// choose shows the accounts, and goes on as the one that was chosen.
async function choose(req, res) {
  const url = new URL(req.url, ORIGIN)
  if (req.method !== 'POST') {
    const buttons = Object.entries(accounts).map(([sub, email]) => `<button id="a${sub}" name="sub" value="${sub}">${email}</button>`)
    res.setHeader('content-type', 'text/html; charset=utf-8')
    return res.end(`<!doctype html><html lang="en"><title>Accounts</title><form method="post">${buttons.join('')}<button id="cancel" name="cancel" value="1">Cancel</button></form>`)
  }
  let body = ''
  for await (const chunk of req) body += chunk
  const form = new URLSearchParams(body)
  if (form.has('cancel')) {
    return provider.interactionFinished(req, res, { error: 'access_denied', error_description: 'cancelled' }, { mergeWithLastSubmission: false })
  }
  const { params } = await provider.interactionDetails(req, res)
  const grant = new provider.Grant({ accountId: form.get('sub'), clientId: params.client_id })
  grant.addOIDCScope(params.scope)
  const result = { select_account: {}, login: { accountId: form.get('sub'), remember: false }, consent: { grantId: await grant.save() } }
  return provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false })
}

const b64 = (v) => Buffer.from(JSON.stringify(v)).toString('base64url')
const signed = async (claims, by = key, head = {}) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: by.kid, ...head }).sign(await importJWK(by, 'RS256'))

// lies are what an ID token can have wrong.
const lies = {
  nonce: (c) => signed({ ...c, nonce: 'another' }),
  no_nonce: ({ nonce, ...c }) => signed(c),
  aud: (c) => signed({ ...c, aud: 'another' }),
  iss: (c) => signed({ ...c, iss: 'https://accounts.google.com' }),
  expired: (c) => signed({ ...c, iat: c.iat - 7200, exp: c.iat - 3600 }),
  signature: async (c) => (await signed(c)).replace(/[^.]+$/, (s) => s.split('').reverse().join('')),
  swapped_key: (c) => signed(c, stranger),
  unknown_kid: (c) => signed(c, key, { kid: 'two' }),
  none: (c) => `${b64({ alg: 'none', kid: 'one' })}.${b64(c)}.`,
  hs256: (c) => new SignJWT(c).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(new TextEncoder().encode(CLIENT_SECRET)),
}

// lying puts another ID token into the answer of the token endpoint.
function lying(res) {
  const end = res.end.bind(res)
  let body = ''
  res.write = (chunk) => { body += chunk; return true }
  res.end = async (chunk) => {
    const answer = JSON.parse(body + (chunk ?? ''))
    if (answer.id_token && lies[fault]) answer.id_token = await lies[fault](decodeJwt(answer.id_token))
    const text = JSON.stringify(answer)
    res.setHeader('content-length', Buffer.byteLength(text))
    return end(text)
  }
}

const handle = provider.callback()
createServer((req, res) => {
  const url = new URL(req.url, ORIGIN)
  if (url.pathname === '/fault' || url.pathname === '/hd') {
    if (url.pathname === '/fault') fault = url.searchParams.get('name')
    else domain = url.searchParams.get('domain')
    return res.end()
  }
  if (url.pathname === '/favicon.ico') return res.writeHead(204).end()
  if (url.pathname.startsWith('/choose/')) return choose(req, res).catch((e) => { res.statusCode = 500; res.end(String(e)) })
  if (url.pathname === '/token' && fault) lying(res)
  return handle(req, res)
}).listen(new URL(ORIGIN).port, '127.0.0.1')
