// A page that signs people in with oidc-client-ts, as its documentation tells: no server behind it, no secret in it.

const manager = new oidc.UserManager({
  authority: 'https://login.example.com',
  client_id: 'app',
  redirect_uri: location.origin + '/callback',
  popup_redirect_uri: location.origin + '/popup',
  post_logout_redirect_uri: location.origin + '/signed-out',
  scope: 'openid profile email',
  loadUserInfo: true,
  automaticSilentRenew: true, // by refresh token, no frame
  revokeTokensOnSignout: true,
  revokeTokenTypes: ['refresh_token'], // ends the access tokens too
})

const state = document.getElementById('state')

// show says what came of a step; the test waits for it.
function show(step, what) {
  state.textContent = JSON.stringify(what)
  state.dataset.step = step
  state.hidden = false
}

function showUser(step, user) {
  const { profile, refresh_token, access_token, state } = user
  show(step, { profile, refresh_token, access_token, state })
}

// attempt does a step; a failure is shown in the place of what was to come.
async function attempt(step) {
  try {
    await step()
  } catch (error) {
    show('failed', { error: error.error ?? String(error) })
  }
}

function onClick(id, step) {
  document.getElementById(id).addEventListener('click', () => attempt(step))
}

onClick('sign-in', () => manager.signinRedirect({ state: { from: 'here' } }))
onClick('popup', async () => showUser('popup', await manager.signinPopup()))
onClick('refresh', async () => showUser('refreshed', await manager.signinSilent()))
onClick('sign-out', () => manager.signoutRedirect())

const pages = {
  '/callback': async () => showUser('signed-in', await manager.signinRedirectCallback()),
  '/popup': () => manager.signinPopupCallback(),
  '/signed-out': async () => {
    await manager.signoutRedirectCallback()
    show('signed-out', { user: await manager.getUser() })
  },
}
attempt(pages[location.pathname] ?? (() => show('ready', {})))
