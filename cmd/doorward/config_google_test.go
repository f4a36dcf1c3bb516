package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/doorward/doorward/login"
)

func TestFaultsOfGoogleNameTheirSetting(t *testing.T) {
	t.Parallel()
	const good = "google:\n  client_id: 123.apps.googleusercontent.com\n"
	neighbours := map[string]string{"secret": "GOCSPX-secret\n", "empty": "\n", "two": "GOCSPX-secret\nand more\n"}
	for text, want := range map[string]string{
		"google: {client_secret_file: secret}":                 "config.yaml:2: google.client_id: is missing; Google shows it beside the secret, like 123-abc.apps.googleusercontent.com",
		"google: {client_id: a b, client_secret_file: secret}": "config.yaml:2: google.client_id: holds a space or another character that no client id has",
		good:                                 "config.yaml:2: google.client_secret_file: is missing: name a file here, or set DOORWARD_GOOGLE_CLIENT_SECRET",
		good + "  client_secret_file: gone":  "config.yaml:4: google.client_secret_file: cannot open it: no such file or directory",
		good + "  client_secret_file: empty": "config.yaml:4: google.client_secret_file: is empty, or holds a space or another character that no secret of Google's has",
		good + "  client_secret_file: two":   "config.yaml:4: google.client_secret_file: is empty, or holds a space or another character that no secret of Google's has",
		good + "  client_secret: hunter2\n  client_secret_file: secret":              "config.yaml:4: google.client_secret: there is no such setting",
		good + "  client_secret_file: secret\n  issuer: accounts.google.com":         "config.yaml:5: google.issuer: is not an address like https://accounts.google.com",
		good + "  client_secret_file: secret\n  issuer: http://idp.example.com":      "config.yaml:5: google.issuer: must begin with https://; plain http is for localhost and 127.0.0.1 only",
		good + "  client_secret_file: secret\n  issuer: https://idp.example.com?x=1": "config.yaml:5: google.issuer: must have no user, no query and no fragment",
		good + "  client_secret_file: secret\n  issuer: https://u:p@idp.example.com": "config.yaml:5: google.issuer: must have no user, no query and no fragment",
		good + "  client_secret_file: secret\n  hosted_domain: Example.com":          "config.yaml:5: google.hosted_domain: is not a domain like example.com, in small letters",
		good + "  client_secret_file: secret\n  hosted_domain: \"@example.com\"":     "config.yaml:5: google.hosted_domain: is not a domain like example.com, in small letters",
		"login: {totp_after_google: maybe}":                                          `config.yaml:2: login.totp_after_google: must be true or false, not "maybe"`,
	} {
		if got := faultsOf(t, write(t, minimal+text, neighbours)); len(got) != 1 || got[0] != want {
			t.Errorf("%s\ngot  %q\nwant %q", text, got, want)
		}
	}
	if got := faultsOf(t, write(t, minimal, nil), "DOORWARD_LOGIN_TOTP_AFTER_GOOGLE=perhaps"); len(got) != 1 || !strings.Contains(got[0], "must be true or false") {
		t.Errorf("%q", got)
	}
}

func TestGoogleIsReadAsItStands(t *testing.T) {
	t.Parallel()
	const text = "google: {client_id: 123.apps.example%s}\n"
	for name, c := range map[string]struct {
		more    string
		environ []string
		want    login.Google
	}{
		"secret in a file":          {", client_secret_file: secret", nil, login.Google{Issuer: "https://accounts.google.com"}},
		"secret in the environment": {", hosted_domain: example.com", []string{"DOORWARD_GOOGLE_CLIENT_SECRET=GOCSPX-secret"}, login.Google{Issuer: "https://accounts.google.com", HostedDomain: "example.com"}},
		"another provider":          {", client_secret_file: secret, issuer: https://idp.example.com/realms/x", nil, login.Google{Issuer: "https://idp.example.com/realms/x"}},
	} {
		config, err := loadConfig(write(t, minimal+fmt.Sprintf(text, c.more), map[string]string{"secret": "GOCSPX-secret\r\n"}), c.environ)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c.want.ClientID, c.want.ClientSecret = "123.apps.example", "GOCSPX-secret"
		if got, found := config.google(); len(found) > 0 || *got != c.want {
			t.Errorf("%s: %+v, %v", name, got, found)
		}
	}
	off, err := loadConfig(write(t, minimal, nil), []string{"DOORWARD_LOGIN_TOTP_AFTER_GOOGLE=false"})
	if err != nil || off.Google.on() || off.Login.TOTPAfterGoogle || !defaults().Login.TOTPAfterGoogle {
		t.Errorf("%+v, %v", off.Login, err)
	}
}

func TestTheDoctorSaysWhetherGoogleIsReached(t *testing.T) {
	t.Parallel()
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		base := "http://" + r.Host
		fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%q,"jwks_uri":%q}`, base, base+"/a", base+"/t", base+"/k")
	}))
	t.Cleanup(provider.Close)
	for issuer, want := range map[string]remark{
		provider.URL:         {Grade: fine, Found: provider.URL + " answers; the redirect URI to enter there is https://login.example.com/login/google/callback"},
		provider.URL + "/x":  {Grade: wrong, Found: provider.URL + "/x: its document is of another issuer"},
		"http://127.0.0.1:1": {Grade: wrong, Found: "cannot reach http://127.0.0.1:1: "},
	} {
		file := write(t, minimal+"google: {client_id: a, issuer: \""+issuer+"\"}\n", nil)
		config, err := loadConfig(file, []string{"DOORWARD_GOOGLE_CLIENT_SECRET=GOCSPX-secret"})
		if err != nil {
			t.Fatal(err)
		}
		got := lookAtGoogle(t.Context(), &doctor{config: config})
		if len(got) != 1 || got[0].Grade != want.Grade || !strings.HasPrefix(got[0].Found, want.Found) {
			t.Errorf("%s: %+v, not %+v", issuer, got, want)
		}
	}
	if got := lookAtGoogle(t.Context(), &doctor{config: defaults()}); got != nil {
		t.Errorf("Google is off, and the doctor says %+v", got)
	}
}
