package op_test

// RFC 6749 §2.3: client authentication.

import (
	"bytes"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// attempt is a token request whose code does not matter: a client that passes gets invalid_grant.
func attempt(changes ...change) url.Values {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {"x"}, "redirect_uri": {back}}
	for _, c := range changes {
		c(form)
	}
	return form
}

func basic(text string) func(*http.Request) {
	return header("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(text)))
}

func header(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) { r.Header[name] = values }
}

func nothing(*http.Request) {}

const (
	passes  = "invalid_grant" // the client is authenticated, and its code is looked at
	refused = "invalid_client"
	invalid = "invalid_request"
)

func TestAClientProvesItselfInTheOneWayThatItIsRegisteredFor(t *testing.T) { // CA-01, CA-02, CA-03, CA-05, CA-06; C.3 items 33, 45
	eachApps(t, func(t *testing.T, a *apps) {
		for name, c := range proofs() {
			t.Run(name, func(t *testing.T) {
				a.later(time.Minute) // that the limit is not what answers
				status := http.StatusBadRequest
				if c.want == refused {
					status = http.StatusUnauthorized
				}
				a.post("/token", c.form, c.header).denied(status, c.want)
			})
		}
	})
}

// proven is how a client proves itself, and what it comes to.
type proven struct {
	header func(*http.Request)
	form   url.Values
	want   string
}

// proofs are of every kind, from good ones to those that nobody should take.
func proofs() map[string]proven {
	id, secret := func(v string) change { return with("client_id", v) }, func(v string) change { return with("client_secret", v) }
	assertion := with("client_assertion", "e30.e30.e30")
	assertionType := with("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	plain := base64.StdEncoding.EncodeToString([]byte("basic:secret"))
	return map[string]proven{
		"Basic":                               {basic("basic:secret"), attempt(), passes},
		"Basic in small letters":              {header("Authorization", "bAsIc "+plain), attempt(), passes},
		"Basic and its own id in the body":    {basic("basic:secret"), attempt(id("basic")), passes},
		"the second secret":                   {basic("two:second"), attempt(), passes},
		"the first secret of two":             {basic("two:secret"), attempt(), passes},
		"a form-encoded odd secret":           {basic("odd:a%252B%2B%3A%25zz"), attempt(), passes},
		"the body":                            {nothing, attempt(id("post"), secret("secret")), passes},
		"nothing, of a public client":         {nothing, attempt(id("spa")), passes},
		"an empty secret of a public client":  {nothing, attempt(id("spa"), secret("")), passes}, // RFC 6749 §3.2: as if omitted
		"a wrong secret":                      {basic("basic:wrong"), attempt(), refused},
		"the beginning of the secret":         {basic("basic:secre"), attempt(), refused},
		"another client's secret":             {basic("basic:second"), attempt(), refused},
		"an empty secret":                     {basic("basic:"), attempt(), refused},
		"no secret of a confidential client":  {nothing, attempt(id("basic")), refused},
		"an unknown client":                   {basic("nobody:secret"), attempt(), refused},
		"an unknown public client":            {nothing, attempt(id("nobody")), refused},
		"a disabled client":                   {basic("off:secret"), attempt(), refused},
		"the body for a Basic client":         {nothing, attempt(id("basic"), secret("secret")), refused},
		"Basic for a body client":             {basic("post:secret"), attempt(), refused},
		"a secret of a public client":         {nothing, attempt(id("spa"), secret("secret")), refused},
		"Basic for a public client":           {basic("spa:"), attempt(), refused},
		"nothing at all":                      {nothing, attempt(), refused},
		"an assertion":                        {nothing, attempt(id("basic"), assertion, assertionType), refused},
		"Basic and a secret":                  {basic("basic:secret"), attempt(secret("secret")), invalid},
		"Basic and id and secret":             {basic("basic:secret"), attempt(id("basic"), secret("secret")), invalid},
		"Basic and an assertion":              {basic("basic:secret"), attempt(assertion, assertionType), invalid},
		"Basic and an assertion without type": {basic("basic:secret"), attempt(assertion), invalid},
		"Basic and a type without assertion":  {basic("basic:secret"), attempt(assertionType), invalid},
		"a secret and an assertion":           {nothing, attempt(id("post"), secret("secret"), assertion), invalid},
		"Basic and another id":                {basic("basic:secret"), attempt(id("other")), invalid},
		"two Authorization headers":           {header("Authorization", "Basic "+plain, "Basic "+plain), attempt(), invalid},
		"Bearer":                              {header("Authorization", "Bearer "+plain), attempt(), refused},
		"Basic without anything":              {header("Authorization", "Basic"), attempt(), refused},
		"Basic and two spaces":                {header("Authorization", "Basic  "+plain), attempt(), refused},
		"Basic and junk behind":               {header("Authorization", "Basic "+plain+" x"), attempt(), refused},
		"Basic with a line break":             {header("Authorization", "Basic "+plain[:4]+"\n"+plain[4:]), attempt(), refused},
		"Basic without padding":               {header("Authorization", "Basic "+base64.RawStdEncoding.EncodeToString([]byte("basic:secrets"))), attempt(), refused},
		"Basic with spare bits":               {header("Authorization", "Basic YmFzaWM6c2VjcmV0cx=="), attempt(), refused},
		"Basic of the other alphabet":         {header("Authorization", "Basic _-_-"), attempt(), refused},
		"Basic without colon":                 {basic("basic"), attempt(), refused},
		"Basic without id":                    {basic(":secret"), attempt(), refused},
		"a broken percent sign":               {basic("basic:secret%zz"), attempt(), refused},
		"a secret encoded twice":              {basic("odd:a%25252B%252B%253A%2525zz"), attempt(), refused},
		"a secret not encoded at all":         {basic("odd:a%2B+:%zz"), attempt(), refused},
		"letters of no client":                {basic("b\xe9sic:secret"), attempt(), refused},
		"a NUL":                               {basic("basic%00:secret"), attempt(), refused},
		"a very long id":                      {basic(strings.Repeat("a", 4000) + ":secret"), attempt(), refused},
		"a quote":                             {basic("a'or 1=1--:secret"), attempt(), refused},
	}
}

func TestAllFailuresOfClientAuthenticationLookAlike(t *testing.T) { // CA-08
	eachApps(t, func(t *testing.T, a *apps) {
		wrong := a.post("/token", attempt(), basic("basic:wrong"))
		for _, other := range []string{"nobody:wrong", "off:secret", "post:secret", "spa:x"} {
			if got := a.post("/token", attempt(), basic(other)); got.body != wrong.body || got.status != wrong.status {
				t.Errorf("%s is told %d %s, a wrong secret %d %s", other, got.status, got.body, wrong.status, wrong.body)
			}
		}
	})
}

func TestTheLogKnowsWhyAClientIsNotAuthenticated(t *testing.T) { // LG-01
	eachApps(t, func(t *testing.T, a *apps) {
		var log bytes.Buffer
		a.house.site.Log = slog.New(slog.NewTextHandler(&log, nil))
		for proof, want := range map[string]string{
			"basic:secret": "client=basic",
			"basic:wrong":  `client=basic why="secret does not match"`,
			"off:secret":   `client=off why="client is disabled"`,
			"post:secret":  `client=post why="sent client_secret_basic, registered client_secret_post"`,
			"nobody:wrong": `why="unknown client"`,
		} {
			for _, path := range []string{"/token", "/introspect", "/revoke"} {
				log.Reset()
				a.post(path, attempt(), basic(proof))
				line := log.String()
				if !strings.Contains(line, "path="+path) || !strings.Contains(line, want) {
					t.Errorf("%s: the line is %s, want %s", proof, line, want)
				}
				if passed := proof == "basic:secret"; passed == strings.Contains(line, "why=") || strings.Contains(line, "nobody") || strings.Contains(line, "wrong") {
					t.Errorf("%s: the line says too much or too little: %s", proof, line)
				}
			}
		}
	})
}

func TestA401NamesBasicAuthentication(t *testing.T) { // C.3 item 45
	eachApps(t, func(t *testing.T, a *apps) {
		got := a.post("/token", attempt(), basic("basic:wrong"))
		if got.header.Get("WWW-Authenticate") != `Basic realm="`+issuer+`"` {
			t.Errorf("WWW-Authenticate: %s", got.header.Get("WWW-Authenticate"))
		}
	})
}

func TestFailuresAreLimitedAndTheRightSecretStillPasses(t *testing.T) { // CA-09
	eachApps(t, func(t *testing.T, a *apps) {
		for range 20 {
			a.post("/token", attempt(), basic("basic:wrong")).denied(http.StatusUnauthorized, refused)
		}
		slow := a.post("/token", attempt(), basic("basic:wrong"))
		slow.denied(http.StatusTooManyRequests, refused)
		if wait := slow.header.Get("Retry-After"); wait == "" || wait == "0" {
			t.Errorf("Retry-After: %q", wait)
		}
		a.post("/token", attempt(), basic("other:wrong")).denied(http.StatusTooManyRequests, refused)
		a.redeem("basic", a.code("basic")).issued()
		a.later(time.Minute)
		a.post("/token", attempt(), basic("basic:wrong")).denied(http.StatusUnauthorized, refused)
	})
}

func TestAGrantTypeIsOneThatWeKnowAndTheClientMayUse(t *testing.T) { // CA-20
	eachApps(t, func(t *testing.T, a *apps) {
		for grant, want := range map[string]string{
			"": invalid, "password": "unsupported_grant_type", "implicit": "unsupported_grant_type", "CODE": "unsupported_grant_type",
			"urn:ietf:params:oauth:grant-type:jwt-bearer":     "unsupported_grant_type",
			"urn:ietf:params:oauth:grant-type:token-exchange": "unsupported_grant_type",
			"urn:ietf:params:oauth:grant-type:device_code":    "unsupported_grant_type",
			`"><script>\`: "unsupported_grant_type",
		} {
			a.post("/token", attempt(with("grant_type", grant)), basic("basic:secret")).denied(http.StatusBadRequest, want)
		}
		a.refresh("short-lived", "x").denied(http.StatusBadRequest, "unauthorized_client")
		a.refresh("once", "x").denied(http.StatusBadRequest, "unauthorized_client")
		a.post("/token", attempt(with("grant_type", "client_credentials")), basic("basic:secret")).denied(http.StatusBadRequest, "unauthorized_client")
		a.post("/token", attempt(), basic("machine:s")).denied(http.StatusBadRequest, "unauthorized_client")
	})
}

func TestWhatCannotKeepASecretProvesNothingWhereAProofIsWanted(t *testing.T) { // CA-05
	eachApps(t, func(t *testing.T, a *apps) {
		token := a.granted("basic").AccessToken
		for name, prove := range map[string]func(*http.Request){"Basic without a secret": basic("spa:"), "Basic with any": basic("spa:secret"), "an empty secret": basic("api:")} {
			got := a.post("/introspect", url.Values{"token": {token}}, prove)
			if got.status != http.StatusUnauthorized {
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
		}
		a.post("/introspect", url.Values{"token": {token}, "client_id": {"spa"}}, nothing).denied(http.StatusBadRequest, "unauthorized_client")
	})
}

func TestTheClientIsAuthenticatedBeforeItsCodeIsLookedAt(t *testing.T) { // C.3 item 46
	eachApps(t, func(t *testing.T, a *apps) {
		code := a.code("basic")
		for _, wrong := range []url.Values{attempt(with("code", code)), attempt(with("code", "junk")), attempt(with("code", code), with("code_verifier", "wrong"))} {
			a.post("/token", wrong, basic("basic:wrong")).denied(http.StatusUnauthorized, refused)
		}
		a.redeem("basic", code).issued() // nobody has burnt it
	})
}

func TestAGrantTypeChangesNothingAtOtherEndpoints(t *testing.T) { // CA-21
	eachApps(t, func(t *testing.T, a *apps) {
		token := a.granted("basic").AccessToken
		for _, grant := range []string{"client_credentials", "password", "urn:ietf:params:oauth:grant-type:jwt-bearer"} {
			form := url.Values{"token": {token}, "grant_type": {grant}}
			for _, path := range []string{"/introspect", "/revoke"} {
				a.post(path, form, basic("api:wrong")).denied(http.StatusUnauthorized, refused)
				a.post(path, form).denied(http.StatusUnauthorized, refused)
			}
			if got := a.post("/introspect", form, basic("api:secret")); got.json()["active"] != true {
				t.Errorf("%s: %d %s", grant, got.status, got.body)
			}
		}
	})
}

func TestWhoGuessesSecretsIsThrottledAndNobodyElse(t *testing.T) { // CA-09
	eachApps(t, func(t *testing.T, a *apps) {
		from := func(address string) func(*http.Request) {
			return func(r *http.Request) { r.RemoteAddr = address + ":4711" }
		}
		slowed := 0
		for range rounds(50, 1000) {
			if got := a.post("/token", attempt(), basic("basic:wrong"), from("198.51.100.7")); got.status == http.StatusTooManyRequests {
				slowed++
			}
		}
		if slowed < rounds(25, 900) {
			t.Errorf("%d of the guesses were slowed down", slowed)
		}
		a.post("/token", attempt(), basic("basic:secret"), from("203.0.113.9")).denied(http.StatusBadRequest, passes)
		a.post("/token", attempt(), basic("basic:wrong"), from("203.0.113.9")).denied(http.StatusUnauthorized, refused)
	})
}
