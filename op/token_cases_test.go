package op_test

// Tokens in wrong hands, at wrong places and at wrong times: the cases that other files do not tell by themselves.

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

const alphabet64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func TestAVariantOfATokenIsNoTokenToRevokeEither(t *testing.T) { // TK-09
	eachApps(t, func(t *testing.T, a *apps) {
		for _, client := range []string{"basic", "signed"} {
			got := a.granted(client)
			for _, token := range []string{got.AccessToken, got.RefreshToken} {
				for _, c := range alphabet64 {
					if variant := token[:len(token)-1] + string(c); variant != token {
						a.revoke(client, variant).says(http.StatusOK)
					}
				}
			}
			a.userinfo(got.AccessToken).says(http.StatusOK)
			a.revoke(client, got.AccessToken).says(http.StatusOK)
			a.gone(client, got)
		}
	})
}

func TestAReusedRefreshTokenIsAnEventAndEndsEveryTokenOfItsGrant(t *testing.T) { // RT-01
	eachApps(t, func(t *testing.T, a *apps) {
		first := a.granted("basic")
		second := a.refresh("basic", first.RefreshToken).issued()
		third := a.refresh("basic", second.RefreshToken).issued()
		a.later(2 * time.Minute)
		a.refresh("basic", second.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
		for _, tokens := range []issued{first, second, third} {
			a.gone("basic", tokens)
		}
		events, err := a.db.Events(t.Context(), 100)
		must(t, err)
		reused := slices.DeleteFunc(events, func(e storage.Event) bool { return e.Kind != storage.GrantRefreshReused })
		if len(reused) != 1 || reused[0].Client != "basic" || reused[0].User != a.person.ID {
			t.Errorf("events %+v", reused)
		}
	})
}

func TestNothingIsRefreshedForWhomItWasTakenFrom(t *testing.T) { // RT-05
	event := storage.Event{Actor: "test"}
	for name, end := range map[string]func(*testing.T, *apps){
		"the person is disabled": func(t *testing.T, a *apps) {
			must(t, a.db.SetUserState(t.Context(), a.person.ID, "disabled", event))
		},
		"the consent is withdrawn": func(t *testing.T, a *apps) {
			must(t, a.db.WithdrawConsent(t.Context(), a.person.ID, "basic", event))
		},
		"the password is reset": func(t *testing.T, a *apps) {
			must(t, a.db.SetPassword(t.Context(), a.person.ID, "$argon2id$x", "", event))
		},
		"the second factor is reset": func(t *testing.T, a *apps) { must(t, a.db.ResetFactors(t.Context(), a.person.ID, event)) },
	} {
		t.Run(name, func(t *testing.T) {
			eachApps(t, func(t *testing.T, a *apps) {
				must(t, a.db.GiveConsent(t.Context(), storage.Consent{UserID: a.person.ID, ClientID: "basic", Scopes: []string{"openid"}}, event))
				got := a.granted("basic")
				end(t, a)
				a.gone("basic", got)
			})
		})
	}
	t.Run("the client is disabled", func(t *testing.T) {
		eachApps(t, func(t *testing.T, a *apps) {
			got := a.granted("basic")
			must(t, a.db.SetClientDisabled(t.Context(), "basic", true, event))
			a.refresh("basic", got.RefreshToken).denied(http.StatusUnauthorized, "invalid_client")
			a.userinfo(got.AccessToken).denied(http.StatusUnauthorized, "invalid_token")
			must(t, a.db.SetClientDisabled(t.Context(), "basic", false, event))
			a.refresh("basic", got.RefreshToken).issued()
		})
	})
}

func TestAScopeThatAClientHasLostIsNotRefreshed(t *testing.T) { // RT-05
	eachApps(t, func(t *testing.T, a *apps) {
		loser := a.clients["basic"]
		loser.ID = "loser"
		a.declare(loser)
		first := a.granted("loser", scoped("openid email groups offline_access"))
		loser.Scopes = []string{"openid", "groups", "offline_access"}
		a.declare(loser)
		second := a.refresh("loser", first.RefreshToken).issued()
		if claims := a.userinfo(second.AccessToken).json(); second.Scope != "openid groups offline_access" || claims["email"] != nil {
			t.Errorf("scope %q, claims %v", second.Scope, claims)
		}
		a.refresh("loser", second.RefreshToken, with("scope", "openid email")).denied(http.StatusBadRequest, "invalid_scope")
		a.refresh("loser", second.RefreshToken).issued()
	})
}

var stored = regexp.MustCompile(`[A-Za-z0-9_.~-]{12,}`)

func TestWhatTheDatabaseHoldsIsNoToken(t *testing.T) { // RT-10
	eachApps(t, func(t *testing.T, a *apps) {
		first := a.granted("wordy")
		got := a.refresh("wordy", first.RefreshToken).issued()
		file := filepath.Join(t.TempDir(), "stolen.db")
		_, err := a.db.Backup(t.Context(), file, false)
		must(t, err)
		dump, err := os.ReadFile(file)
		must(t, err)
		for _, token := range []string{got.AccessToken, got.RefreshToken, got.IDToken, first.RefreshToken} {
			if at := min(len(token), 60); strings.Contains(string(dump), token[4:at]) {
				t.Errorf("the token %.12s… lies in the database", token)
			}
		}
		tried := map[string]bool{}
		for _, value := range stored.FindAll(dump, -1) {
			for _, token := range []string{string(value), "dwr_" + string(value), "dwr_" + string(value) + "-1", "dwa_" + string(value)} {
				if tried[token] || len(token) > 4000 {
					continue
				}
				tried[token] = true
				if a.refresh("wordy", token).status == http.StatusOK || a.userinfo(token).status == http.StatusOK {
					t.Errorf("%.40s of the database is a token", token)
				}
			}
		}
		if len(tried) < 500 {
			t.Errorf("only %d values were found: what was searched is no dump", len(tried))
		}
		a.refresh("wordy", got.RefreshToken).issued()
	})
}
