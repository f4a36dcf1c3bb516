// A web application that signs people in with Passport's passport-openidconnect, which knows no PKCE and sends its secret in the form.
//
//	ISSUER, CLIENT_ID, CLIENT_SECRET   as `doorward client add` prints them
//	ORIGIN                             where it is visited; ORIGIN/callback is registered
import express from 'express'
import session from 'express-session'
import passport from 'passport'
import Strategy from 'passport-openidconnect'

const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN } = process.env

passport.use(
  new Strategy(
    {
      issuer: ISSUER,
      authorizationURL: ISSUER + '/authorize',
      tokenURL: ISSUER + '/token',
      userInfoURL: ISSUER + '/userinfo',
      clientID: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      callbackURL: ORIGIN + '/callback',
      scope: ['profile', 'email'],
      nonce: true, // in place of PKCE
    },
    (issuer, uiProfile, idProfile, context, idToken, accessToken, refreshToken, params, done) =>
      done(null, { issuer, person: uiProfile, signed_in: idProfile, context }),
  ),
)
passport.serializeUser((user, done) => done(null, user))
passport.deserializeUser((user, done) => done(null, user))

const app = express()
app.use(session({ secret: 'a secret of the application, for its own cookie', resave: false, saveUninitialized: false }))
app.use(passport.authenticate('session'))
app.get('/sign-in', passport.authenticate('openidconnect'))
app.get('/callback', passport.authenticate('openidconnect', { successRedirect: '/' }))
app.get('/', (request, response) => response.json(request.user ?? { signed_in: false }))

// Four parameters make it Express's handler of errors.
app.use((error, request, response, next) => {
  response.status(500).json({ error: error.code ?? error.message, why: error.message })
})

app.listen(new URL(ORIGIN).port, '127.0.0.1')
