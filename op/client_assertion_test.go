package op_test

// RFC 7523 §3, OIDC Core §9: clients that prove themselves by what they sign.

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestAnAssertionSaysWhoItIsOfAndForWhomItIs(t *testing.T) { // CA-12, CA-14; C.3 items 41, 43
	eachHouse(t, func(t *testing.T, h *house) {
		s := newSigning(t, h)
		make := func(changes map[string]any) string { return s.assert("pkj", changes) }
		for name, c := range map[string]struct {
			changes map[string]any
			want    string
		}{
			"the issuer":                      {nil, passes},
			"the token endpoint":              {map[string]any{"aud": tokenEndpoint}, passes},
			"the issuer in a list":            {map[string]any{"aud": []string{issuer}}, passes},
			"the token endpoint among others": {map[string]any{"aud": []string{"https://other.test", tokenEndpoint}}, passes},
			"nobody":                          {map[string]any{"aud": nil}, refused},
			"an empty list":                   {map[string]any{"aud": []string{}}, refused},
			"another server":                  {map[string]any{"aud": "https://other.test"}, refused},
			"the issuer with a slash":         {map[string]any{"aud": issuer + "/"}, refused},
			"another endpoint":                {map[string]any{"aud": issuer + "/introspect"}, refused},
			"a number":                        {map[string]any{"aud": 1}, refused},
			"an object":                       {map[string]any{"aud": map[string]string{"a": issuer}}, refused},
			"iss of another client":           {map[string]any{"iss": "pkj2"}, refused},
			"iss of nobody":                   {map[string]any{"iss": nil}, refused},
			"sub of nobody":                   {map[string]any{"sub": nil}, refused},
			"sub of another client":           {map[string]any{"sub": "two-keys"}, refused},
			"sub in capitals":                 {map[string]any{"sub": nil, "SUB": "pkj"}, refused},
			"sub that is no text":             {map[string]any{"sub": []string{"pkj"}}, refused},
			"sub with a NUL":                  {map[string]any{"sub": "pkj\x00", "iss": "pkj\x00"}, refused},
			"sub as another writes it":        {map[string]any{"sub": "PKJ", "iss": "PKJ"}, refused},
		} {
			s.later(time.Minute)
			got := s.ask(make(c.changes))
			if told := got.json()["error"]; told != c.want {
				t.Errorf("%s: %v", name, told)
			}
		}
		s.ask(make(nil), with("client_id", "pkj")).denied(http.StatusBadRequest, passes)
		s.ask(make(nil), with("client_id", "pkj2")).denied(http.StatusUnauthorized, refused)
	})
}

func TestAnAssertionCountsForAMomentOnly(t *testing.T) { // CA-12; C.3 item 43
	eachHouse(t, func(t *testing.T, h *house) {
		s := newSigning(t, h)
		at := func(d time.Duration) int64 { return s.now().Add(d).Unix() }
		const most, skew, ago, far = 5 * time.Minute, 10 * time.Second, 59 * time.Minute, 10 * 365 * 24 * time.Hour
		for name, c := range map[string]struct {
			changes func() map[string]any
			want    string
		}{
			"no exp":                      {func() map[string]any { return map[string]any{"exp": nil} }, refused},
			"exp a second off the most":   {func() map[string]any { return map[string]any{"exp": at(most)} }, passes},
			"exp half a minute over":      {func() map[string]any { return map[string]any{"exp": at(most + 30*time.Second)} }, refused},
			"exp in ten years":            {func() map[string]any { return map[string]any{"exp": at(far)} }, refused},
			"exp just now":                {func() map[string]any { return map[string]any{"exp": at(-skew / 2)} }, passes},
			"exp a while ago":             {func() map[string]any { return map[string]any{"exp": at(-skew - 2*time.Second)} }, refused},
			"exp five minutes ago":        {func() map[string]any { return map[string]any{"exp": at(-most)} }, refused},
			"exp as text":                 {func() map[string]any { return map[string]any{"exp": "soon"} }, refused},
			"exp with a fraction":         {func() map[string]any { return map[string]any{"exp": float64(at(time.Minute)) + 0.5} }, passes},
			"exp beyond all numbers":      {func() map[string]any { return map[string]any{"exp": json.Number("1e300")} }, refused},
			"exp below zero":              {func() map[string]any { return map[string]any{"exp": -1} }, refused},
			"neither iat nor nbf":         {func() map[string]any { return map[string]any{"iat": nil} }, refused},
			"nbf in the place of iat":     {func() map[string]any { return map[string]any{"iat": nil, "nbf": at(0)} }, passes},
			"an old nbf in its place":     {func() map[string]any { return map[string]any{"iat": nil, "nbf": at(-ago)} }, refused},
			"iat 59 minutes ago":          {func() map[string]any { return map[string]any{"iat": at(-ago)} }, refused},
			"iat four minutes ago":        {func() map[string]any { return map[string]any{"iat": at(-4 * time.Minute)} }, passes},
			"iat and nbf 8 seconds ahead": {func() map[string]any { return map[string]any{"iat": at(8 * time.Second), "nbf": at(8 * time.Second)} }, passes},
			"iat a minute ahead":          {func() map[string]any { return map[string]any{"iat": at(time.Minute)} }, refused},
			"nbf a minute ahead":          {func() map[string]any { return map[string]any{"nbf": at(time.Minute)} }, refused},
			"no jti":                      {func() map[string]any { return map[string]any{"jti": nil} }, refused},
			"an empty jti":                {func() map[string]any { return map[string]any{"jti": ""} }, refused},
			"a jti of 128":                {func() map[string]any { return map[string]any{"jti": strings.Repeat("j", 128)} }, passes},
			"a jti of 129":                {func() map[string]any { return map[string]any{"jti": strings.Repeat("j", 129)} }, refused},
			"a jti of 1 kB":               {func() map[string]any { return map[string]any{"jti": strings.Repeat("j", 1024)} }, refused}, // CA-11
			"a jti of odd characters":     {func() map[string]any { return map[string]any{"jti": "\x00'; drop table spent;\u2028"} }, passes},
			"a jti that is a number":      {func() map[string]any { return map[string]any{"jti": 7} }, refused},
		} {
			s.later(time.Minute)
			got := s.ask(s.assert("pkj", c.changes()))
			if told := got.json()["error"]; told != c.want {
				t.Errorf("%s: %v", name, told)
			}
		}
	})
}

func TestAnAssertionIsUsedOnce(t *testing.T) { // CA-10, CA-11
	eachHouse(t, func(t *testing.T, h *house) {
		s := newSigning(t, h)
		one := s.assert("pkj", map[string]any{"jti": "same"})
		s.ask(one).denied(http.StatusBadRequest, passes)
		s.ask(one).denied(http.StatusUnauthorized, refused)
		s.post("/introspect", url.Values{"token": {"x"}, "client_assertion_type": {assertionType}, "client_assertion": {one}}).denied(http.StatusUnauthorized, refused)
		s.ask(s.assert("pkj", map[string]any{"jti": "same", "aud": tokenEndpoint})).denied(http.StatusUnauthorized, refused)
		s.ask(s.assert("pkj2", map[string]any{"jti": "same"})).denied(http.StatusBadRequest, passes)
		s.later(10 * time.Minute) // the same name again, long after
		s.ask(s.assert("pkj", map[string]any{"jti": "same"})).denied(http.StatusBadRequest, passes)
	})
}

func TestFiftyShowOneAssertionOnTwoNodesAndOneIsTaken(t *testing.T) { // CA-10, I1
	eachHouse(t, func(t *testing.T, h *house) {
		s := newSigning(t, h)
		nodes := []http.Handler{doorOn(t, h, h.db), doorOn(t, h, h.db)}
		for range rounds(2, 50) {
			s.later(time.Hour)
			assertion := s.assert("pkj", nil)
			var taken atomic.Int32
			var all sync.WaitGroup
			for i := range 50 {
				all.Go(func() {
					got := s.sendTo(nodes[i%2], "/token", attempt(shown(assertion)))
					if got.Code == http.StatusBadRequest {
						taken.Add(1)
					}
				})
			}
			all.Wait()
			if n := taken.Load(); n != 1 {
				t.Fatalf("%d of fifty were taken", n)
			}
		}
	})
}

func TestAForgedAssertionSpendsNothingOfTheClient(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		s := newSigning(t, h)
		id := map[string]any{"jti": "known"}
		s.ask(s.by("stranger", "pkj", id, nil)).denied(http.StatusUnauthorized, refused)
		s.ask(s.assert("pkj", map[string]any{"jti": "known", "aud": "https://other.test"})).denied(http.StatusUnauthorized, refused)
		s.ask(s.assert("pkj", id), with("client_id", "pkj2")).denied(http.StatusUnauthorized, refused)
		s.ask(s.assert("pkj", id)).denied(http.StatusBadRequest, passes)
	})
}

func TestAnAssertionOfAFAPIClientIsForTheIssuerAlone(t *testing.T) { // C.3 item 42
	eachHouse(t, func(t *testing.T, h *house) {
		s := newSigning(t, h)
		for name, c := range map[string]struct {
			aud  any
			want string
		}{
			"the issuer": {issuer, passes}, "the token endpoint": {tokenEndpoint, refused}, "the issuer in a list": {[]string{issuer}, refused},
			"both": {[]string{issuer, tokenEndpoint}, refused}, "nobody": {"", refused},
		} {
			s.later(time.Minute)
			if told := s.ask(s.assert("fapi", map[string]any{"aud": c.aud})).json()["error"]; told != c.want {
				t.Errorf("%s: %v", name, told)
			}
		}
	})
}

func TestAnAssertionComesInItsOneFormAndAlone(t *testing.T) { // CA-01, CA-05, CA-18
	eachHouse(t, func(t *testing.T, h *house) {
		s := newSigning(t, h)
		good := s.assert("pkj", nil)
		for name, kind := range map[string]string{
			"no type": "", "SAML": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "JWT": "JWT",
			"capitals": strings.ToUpper(assertionType), "a space": assertionType + " ",
		} {
			got := s.ask(good, with("client_assertion_type", kind))
			if told := got.json()["error"]; got.status != http.StatusBadRequest || told != invalid {
				t.Errorf("%s: %d %v", name, got.status, told)
			}
		}
		s.ask("").denied(http.StatusBadRequest, invalid)
		s.ask(good, with("client_secret", "secret")).denied(http.StatusBadRequest, invalid)
		s.post("/token", attempt(shown(good)), basic("pkj:secret")).denied(http.StatusBadRequest, invalid)
		s.post("/token", attempt(shown(good), with("client_assertion_type", "")), basic("pkj:secret")).denied(http.StatusBadRequest, invalid)
		s.post("/token", attempt(), basic("pkj:secret")).denied(http.StatusUnauthorized, refused)
		s.post("/token", attempt(with("client_id", "pkj"), with("client_secret", "secret")), nothing).denied(http.StatusUnauthorized, refused)
		s.post("/token", attempt(with("client_id", "pkj")), nothing).denied(http.StatusUnauthorized, refused)
		s.ask(good).denied(http.StatusBadRequest, passes) // nothing of all that has spent it
	})
}

func TestAnAssertionIsNoGrant(t *testing.T) { // CA-20
	eachHouse(t, func(t *testing.T, h *house) {
		s := newSigning(t, h)
		form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {s.assert("worker", nil)}}
		shown(s.assert("worker", nil))(form)
		s.post("/token", form, nothing).denied(http.StatusBadRequest, "unsupported_grant_type")
		form = url.Values{"grant_type": {"client_credentials"}}
		shown(s.assert("pkj", nil))(form)
		s.post("/token", form, nothing).denied(http.StatusBadRequest, "unauthorized_client")
		s.later(time.Minute)
		form = url.Values{"grant_type": {"client_credentials"}, "assertion": {s.assert("worker", nil)}}
		s.post("/token", form, nothing).denied(http.StatusUnauthorized, refused)
	})
}

func TestAClientThatSignsIsServedAtEveryEndpoint(t *testing.T) { // CA-21
	eachHouse(t, func(t *testing.T, h *house) {
		s := newSigning(t, h)
		proved := func(client string, form url.Values) url.Values {
			shown(s.assert(client, nil))(form)
			return form
		}
		got := s.post("/token", proved("pkj", url.Values{
			"grant_type": {"authorization_code"}, "code": {s.code("pkj")}, "code_verifier": {verifier}, "redirect_uri": {back},
		}), nothing).issued()
		again := s.post("/token", proved("pkj", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got.RefreshToken}}), nothing).issued()
		s.post("/token", proved("worker", url.Values{"grant_type": {"client_credentials"}, "scope": {"read"}}), nothing).issued()

		asked := s.post("/introspect", proved("worker", url.Values{"token": {again.AccessToken}, "grant_type": {"client_credentials"}}), nothing)
		if asked.status != http.StatusOK || asked.json()["active"] != true {
			t.Errorf("introspection answers %d %s", asked.status, asked.body)
		}
		if ended := s.post("/revoke", proved("pkj", url.Values{"token": {again.AccessToken}}), nothing); ended.status != http.StatusOK {
			t.Errorf("revocation answers %d %s", ended.status, ended.body)
		}
		if s.userinfo(again.AccessToken).status != http.StatusUnauthorized {
			t.Error("the token lives on")
		}
	})
}

func TestAllFailuresOfAssertionsLookAlikeAndOnlyTheLogKnowsWhy(t *testing.T) { // CA-08, LG-01
	eachHouse(t, func(t *testing.T, h *house) {
		s := newSigning(t, h)
		var log bytes.Buffer
		s.site.Log = slog.New(slog.NewTextHandler(&log, nil))
		used := s.assert("pkj", nil)
		s.ask(used)
		body := ""
		for want, assertion := range map[string]string{
			"is not signed by a key of the client": s.by("stranger", "pkj", nil, nil),
			"was used before":                      used,
			"aud names neither":                    s.assert("pkj", map[string]any{"aud": "https://elsewhere.test/secret"}),
			"jti is missing":                       s.assert("pkj", map[string]any{"jti": nil}),
			"client is disabled":                   s.assert("off-pkj", nil),
			"unknown client":                       s.assert("nobody", nil),
			"sent private_key_jwt, registered":     s.assert("basic", nil),
			"not of their types":                   s.assert("pkj", map[string]any{"exp": "soon"}),
		} {
			log.Reset()
			got := s.ask(assertion)
			if body == "" {
				body = got.body
			}
			if got.status != http.StatusUnauthorized || got.body != body {
				t.Errorf("%s: %d %s", want, got.status, got.body)
			}
			line := log.String()
			if !strings.Contains(line, want) || strings.Contains(line, assertion) || strings.Contains(line, "elsewhere.test") || strings.Contains(line, "nobody") {
				t.Errorf("%s: the line is %s", want, line)
			}
		}
	})
}

func TestFailuresOfAssertionsAreLimitedAndAGoodOneStillPasses(t *testing.T) { // CA-09
	eachHouse(t, func(t *testing.T, h *house) {
		s := newSigning(t, h)
		for range 20 {
			s.ask(s.by("stranger", "pkj", nil, nil)).denied(http.StatusUnauthorized, refused)
		}
		s.ask(s.by("stranger", "pkj", nil, nil)).denied(http.StatusTooManyRequests, refused)
		s.ask(s.assert("pkj", nil)).denied(http.StatusBadRequest, passes)
	})
}

func TestAnAssertionThatCannotBeSpentIsNotTaken(t *testing.T) { // I4
	eachHouse(t, func(t *testing.T, h *house) {
		s := newSigning(t, h)
		got := s.sendTo(doorOn(t, s.house, broken{s.db, "Once"}), "/token", attempt(shown(s.assert("pkj", nil))))
		if got.Code != http.StatusInternalServerError || strings.TrimSpace(got.Body.String()) != `{"error":"server_error"}` {
			t.Errorf("%d %s", got.Code, got.Body)
		}
	})
}

func (s signing) payload(client string) []byte {
	text, err := json.Marshal(s.claims(client, nil))
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}
