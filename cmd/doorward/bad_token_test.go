package main_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// tokenCases: the client is judged first, then the grant; what fails with a real code burns it.
var tokenCases = []sentence{
	{"a code that is none of ours", func(t *testing.T, h *intruder) {
		good := h.code(t, "app")
		for _, code := range []string{
			"nonsense", "dwc_", good[:len(good)-1], good + "A", good + "=", strings.ToUpper(good), "dwr_" + strings.TrimPrefix(good, "dwc_"), strings.Repeat("c", 4000),
		} {
			h.form(t, "/token", "app", redemption(code)).wantError(http.StatusBadRequest, "invalid_grant")
		}
		h.form(t, "/token", "app", redemption(good)).wantTokens()
	}},
	{"an expired code", func(t *testing.T, h *intruder) {
		if !full {
			t.Skip("takes a minute: DOORWARD_ATTACK=1; with a clock of its own in package op")
		}
		code := h.code(t, "app")
		time.Sleep(61 * time.Second)
		h.form(t, "/token", "app", redemption(code)).wantError(http.StatusBadRequest, "invalid_grant")
	}},
	{"a code twice: its grant dies", func(t *testing.T, h *intruder) {
		code := h.code(t, "app")
		got := h.form(t, "/token", "app", redemption(code)).wantTokens()
		h.form(t, "/token", "app", redemption(code)).wantError(http.StatusBadRequest, "invalid_grant")
		h.wantDead(t, "app", got)
	}},
	{"a foreign client's code is burnt", func(t *testing.T, h *intruder) {
		code := h.code(t, "app")
		h.form(t, "/token", "other", redemption(code)).wantError(http.StatusBadRequest, "invalid_grant")
		h.form(t, "/token", "app", redemption(code)).wantError(http.StatusBadRequest, "invalid_grant")

		code = h.code(t, "app")
		public := redemption(code)
		public.Set("client_id", "spa")
		h.form(t, "/token", "", public).wantError(http.StatusBadRequest, "invalid_grant")
		h.form(t, "/token", "app", redemption(code)).wantError(http.StatusBadRequest, "invalid_grant")
	}},
	{"a foreign client's refresh token is burnt", func(t *testing.T, h *intruder) {
		got := h.form(t, "/token", "app", redemption(h.code(t, "app"))).wantTokens()
		h.form(t, "/token", "other", refreshForm(got.text("refresh_token"))).wantError(http.StatusBadRequest, "invalid_grant")
		h.wantDead(t, "app", got)
	}},
	{"a spent refresh token kills its grant", func(t *testing.T, h *intruder) {
		first := h.form(t, "/token", "app", redemption(h.code(t, "app"))).wantTokens()
		second := h.form(t, "/token", "app", refreshForm(first.text("refresh_token"))).wantTokens()
		third := h.form(t, "/token", "app", refreshForm(second.text("refresh_token"))).wantTokens()
		h.form(t, "/token", "app", refreshForm(first.text("refresh_token"))).wantError(http.StatusBadRequest, "invalid_grant")
		h.wantDead(t, "app", third)
	}},
	{"a changed redirect URI burns the code", burns(func(form url.Values) { form.Set("redirect_uri", "https://app.example/") })},
	{"no redirect URI burns the code", burns(func(form url.Values) { form.Del("redirect_uri") })},
	{"a missing verifier burns the code", burns(func(form url.Values) { form.Del("code_verifier") })},
	{"a wrong verifier burns the code", burns(func(form url.Values) { form.Set("code_verifier", strings.Repeat("v", 43)) })},
	{"a verifier that is too short burns the code", burns(func(form url.Values) { form.Set("code_verifier", "short") })},
	{"two client authentications at once", func(t *testing.T, h *intruder) {
		code := h.code(t, "app")
		form := redemption(code)
		form.Set("client_secret", appSecret)
		h.form(t, "/token", "app", form).wantError(http.StatusBadRequest, "invalid_request")
		form.Set("client_id", "app")
		h.form(t, "/token", "app", form).wantError(http.StatusBadRequest, "invalid_request")
		h.form(t, "/token", "app", redemption(code)).wantTokens() // nobody was authenticated, so nothing was burnt
	}},
	{"a client_id that differs from the Authorization header", func(t *testing.T, h *intruder) {
		form := redemption("c")
		form.Set("client_id", "other")
		h.form(t, "/token", "app", form).wantError(http.StatusBadRequest, "invalid_request")
	}},
	{"a wrong secret, an unknown client and a foreign method look alike", func(t *testing.T, h *intruder) {
		code := h.code(t, "app")
		wrong := formHeader()
		(&http.Request{Header: wrong}).SetBasicAuth("app", strings.ToUpper(appSecret))
		post := redemption(code)
		post.Set("client_id", "app")
		post.Set("client_secret", appSecret)
		for _, got := range []reply{
			h.send(t, http.MethodPost, "/token", redemption(code).Encode(), wrong),
			h.form(t, "/token", "nobody", redemption(code)),
			h.form(t, "/token", "", post),
			h.form(t, "/token", "spa", redemption(code)),
		} {
			got.wantError(http.StatusUnauthorized, "invalid_client")
			if !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Basic ") {
				t.Error("no WWW-Authenticate")
			}
		}
		h.form(t, "/token", "app", redemption(code)).wantTokens()
	}},
	{"no client authentication", func(t *testing.T, h *intruder) {
		h.form(t, "/token", "", redemption("c")).wantError(http.StatusUnauthorized, "invalid_client")
	}},
	{"a parameter twice", func(t *testing.T, h *intruder) {
		form := redemption("c")
		form.Add("code", "d")
		h.form(t, "/token", "app", form).wantError(http.StatusBadRequest, "invalid_request")
	}},
	{"a grant type that we do not have", func(t *testing.T, h *intruder) {
		for _, grant := range []string{"password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer"} {
			h.form(t, "/token", "app", url.Values{"grant_type": {grant}}).wantError(http.StatusBadRequest, "unsupported_grant_type")
		}
		h.form(t, "/token", "app", url.Values{}).wantError(http.StatusBadRequest, "invalid_request")
	}},
	{"tokens do not pass for one another", func(t *testing.T, h *intruder) {
		got := h.form(t, "/token", "app", redemption(h.code(t, "app"))).wantTokens()
		for _, wrong := range []string{got.text("refresh_token"), got.text("id_token"), "dwa_nonsense", got.text("access_token") + "x"} {
			h.send(t, http.MethodGet, "/userinfo", "", bearer(wrong)).wantError(http.StatusUnauthorized, "invalid_token")
		}
		h.form(t, "/token", "app", refreshForm(got.text("access_token"))).wantError(http.StatusBadRequest, "invalid_grant")
		h.send(t, http.MethodGet, "/userinfo?access_token="+url.QueryEscape(got.text("access_token")), "", nil).wantError(http.StatusBadRequest, "invalid_request")
		if alive := h.send(t, http.MethodGet, "/userinfo", "", bearer(got.text("access_token"))); alive.status != http.StatusOK {
			t.Errorf("the right token answers %d", alive.status)
		}
	}},
}

// burns spoils the form of a good code: the code is refused, and dead after that.
func burns(spoil func(form url.Values)) func(t *testing.T, h *intruder) {
	return func(t *testing.T, h *intruder) {
		code := h.code(t, "app")
		form := redemption(code)
		spoil(form)
		h.form(t, "/token", "app", form).wantError(http.StatusBadRequest, "invalid_grant")
		h.form(t, "/token", "app", redemption(code)).wantError(http.StatusBadRequest, "invalid_grant")
	}
}

// wantDead wants a grant to live no more: neither its refresh token nor its access token.
func (h *intruder) wantDead(t *testing.T, client string, got reply) {
	t.Helper()
	h.form(t, "/token", client, refreshForm(got.text("refresh_token"))).wantError(http.StatusBadRequest, "invalid_grant")
	h.send(t, http.MethodGet, "/userinfo", "", bearer(got.text("access_token"))).wantError(http.StatusUnauthorized, "invalid_token")
}
