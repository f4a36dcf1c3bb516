package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage/storagetest"
	"github.com/doorward/doorward/web/webtest"
)

// The whole way over the built program, on both databases: an operator invites, an application registers itself, a person meets it for
// the first time and lets it in, and it ends itself. C.2 item 31, C.6 items 56 to 58, RG-03.
func TestAnApplicationThatWasInvitedIsMetByPeople(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func() string{
		"sqlite":   func() string { return "sqlite:" + filepath.Join(t.TempDir(), "doorward.db") },
		"postgres": func() string { return storagetest.PostgresURL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "image/png")
				_ = png.Encode(w, image.NewGray(image.Rect(0, 0, 64, 32)))
			}))
			t.Cleanup(app.Close)
			v := newServer(t, settings{"database": database(), "login": settings{"email_code": "never"},
				"registration": settings{"mode": "token", "allow": []string{app.URL}}})
			v.addUser(annaEmail, annaPassword)
			v.start()

			registered := v.register(app.URL)
			b := webtest.New(t, nil).StayOn(v.issuer)
			h := &intruder{server: v}
			b.Go(h.authorizeURL(registered.ID, nil))
			logo := regexp.MustCompile(`<img src="(/app-logo/[^"]+)" width="64" height="32" alt="">`).FindStringSubmatch(b.Check().Body())
			if logo == nil || !strings.Contains(b.Body(), app.URL+"/privacy") || !strings.Contains(b.Body(), app.URL+"/terms") {
				t.Fatalf("the sign-in shows nothing of the application: %s", b.Body())
			}
			if shown := must(http.Get(v.issuer + logo[1])); shown.StatusCode != http.StatusOK || shown.Header.Get("Content-Type") != "image/png" {
				t.Errorf("the logo is answered %d %v", shown.StatusCode, shown.Header)
			}
			signIn(b)
			b.Check().Sees("Ledger wants to use your").Sees("Ledger is a program on this device.").Sees("privacy policy").Press("allow")
			if location(t, b).Get("code") == "" {
				t.Fatalf("no code: %s", b.Location())
			}
			b.Go(v.issuer + "/account").Check().Sees("Open Ledger")

			ended := must(http.NewRequest(http.MethodDelete, registered.URI, nil))
			ended.Header.Set("Authorization", "Bearer "+registered.Token)
			if answer := must(http.DefaultClient.Do(ended)); answer.StatusCode != http.StatusNoContent {
				t.Errorf("the end is answered %d", answer.StatusCode)
			}
			b.Go(h.authorizeURL(registered.ID, nil)).Status(http.StatusBadRequest)
			b.Go(v.issuer + "/account").SeesNot("Ledger")
			for _, secret := range []string{registered.Secret, registered.Token} {
				if bytes.Contains(v.log.bytes(), []byte(secret)) {
					t.Errorf("the log holds a secret that begins with %.4q", secret)
				}
			}
		})
	}
}

type registered struct {
	ID     string `json:"client_id"`
	Secret string `json:"client_secret"`
	URI    string `json:"registration_client_uri"`
	Token  string `json:"registration_access_token"`
}

// register lets an application that lives at app register itself by an invitation that an operator has printed.
func (v *server) register(app string) registered {
	v.t.Helper()
	out, err := command(v.t, "client", "invite", "--config", v.file).Output()
	token := regexp.MustCompile(`initial_access_token: (\S+)`).FindStringSubmatch(string(out))
	if err != nil || token == nil {
		v.t.Fatalf("client invite: %v\n%s", err, out)
	}
	said := fmt.Sprintf(`{"client_name":"Ledger","redirect_uris":[%q],"logo_uri":"%[2]s/logo","policy_uri":"%[2]s/privacy","tos_uri":"%[2]s/terms",
		"initiate_login_uri":"https://ledger.example/start"}`, callback, app)
	var got registered
	for try, want := range []int{http.StatusCreated, http.StatusUnauthorized} { // it is good once
		r := must(http.NewRequest(http.MethodPost, v.issuer+"/register", strings.NewReader(said)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token[1])
		answer := must(http.DefaultClient.Do(r))
		body := must(io.ReadAll(answer.Body))
		_ = answer.Body.Close()
		if answer.StatusCode != want {
			v.t.Fatalf("registration %d is answered %d %s", try+1, answer.StatusCode, body)
		}
		if want == http.StatusCreated {
			if err := json.Unmarshal(body, &got); err != nil {
				v.t.Fatal(err)
			}
		}
	}
	return got
}

// must is for what cannot fail here.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
