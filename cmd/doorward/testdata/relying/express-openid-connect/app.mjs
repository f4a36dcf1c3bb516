// A web application that signs people in with express-openid-connect: the answer is posted to it (form_post), and it hears of sign-outs
// from server to server (back-channel logout).
//
//	ISSUER, CLIENT_ID, CLIENT_SECRET   as `doorward client add` prints them
//	ORIGIN                             where it listens; Doorward knows ORIGIN/backchannel-logout
//	its argument                       where it is visited: a proxy there ends TLS; …/callback is registered
import express from 'express'
import openid from 'express-openid-connect'

const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN } = process.env
const visited = process.argv[2]

// What it knows of ended sessions; a real application keeps it where all its nodes find it.
const ended = new Map()
const store = {
  get: (id, done) => done(null, ended.get(id)),
  set: (id, value, done) => done(null, ended.set(id, value)),
  destroy: (id, done) => done(null, ended.delete(id)),
}

const app = express()
app.set('trust proxy', true)
app.use(
  openid.auth({
    issuerBaseURL: ISSUER,
    baseURL: visited,
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    clientAuthMethod: 'client_secret_basic',
    secret: 'a secret of the application, for its own cookie',
    idTokenSigningAlg: 'ES256',
    authRequired: false,
    idpLogout: true,
    backchannelLogout: { store },
    authorizationParams: { response_type: 'code', response_mode: 'form_post', scope: 'openid profile email' },
  }),
)

app.get('/', async (request, response) => {
  if (!request.oidc.isAuthenticated()) return response.json({ signed_in: false, ended: ended.size })
  response.json({ signed_in: true, claims: request.oidc.idTokenClaims, userinfo: await request.oidc.fetchUserInfo() })
})

// Four parameters make it Express's handler of errors.
app.use((error, request, response, next) => {
  response.status(500).json({ error: error.error ?? error.message, why: error.error_description ?? error.message })
})

app.listen(new URL(ORIGIN).port, '127.0.0.1')
