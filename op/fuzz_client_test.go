package op_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// answered wants an answer that a client may get: JSON, and no fault of ours.
func (a *apps) answered(t *testing.T, form string, changes ...func(*http.Request)) reply {
	t.Helper()
	a.t = t
	r := httptest.NewRequest(http.MethodPost, issuer+"/token", strings.NewReader(form))
	r.Header.Set("Content-Type", formType)
	for _, change := range changes {
		change(r)
	}
	return a.send(r)
}

// FuzzClientAssertion signs what it is given, and also sends it as it is: without the client's signature nobody passes.
func FuzzClientAssertion(f *testing.F) {
	s := newSigning(f, newHouse(f))
	for _, changes := range []map[string]any{
		nil, {"aud": tokenEndpoint}, {"aud": []string{issuer, "https://other.test"}}, {"exp": 1}, {"exp": 1e300}, {"iss": "pkj2"}, {"jti": nil}, {"nbf": -1}, {"iat": "now"}, {"SUB": "pkj"},
	} {
		payload, err := json.Marshal(s.claims("pkj", changes))
		must(f, err)
		f.Add(payload)
		f.Add([]byte(s.assert("pkj", changes)[1:]))
	}
	for _, text := range []string{`null`, `{}`, `[]`, `{"sub":"pkj","sub":"pkj2"}`, `{"sub":"pkj"}{}`, "{\"sub\":\"\xff\"}", `eyJhbGciOiJub25lIn0.e30.`, `..`, `{"sub":"\u0000"}`} {
		f.Add([]byte(text))
	}
	passed := func(r reply) bool { return r.json()["error"] == passes }
	f.Fuzz(func(t *testing.T, payload []byte) {
		bare := attempt(shown(string(payload)))
		if passed(s.answered(t, bare.Encode())) {
			t.Errorf("%q passes, and nobody has signed it", payload)
		}
		signed := attempt(shown(pens()["ec"].write(t, payload, nil))).Encode()
		if !passed(s.answered(t, signed)) {
			return
		}
		var said struct {
			Iss, Sub, Jti string
			Aud           any
			Exp           float64
		}
		err := json.Unmarshal(payload, &said)
		ahead := said.Exp - float64(s.now().Unix())
		if err != nil || said.Iss != said.Sub || !strings.HasPrefix(said.Sub, "pkj") || said.Jti == "" || ahead < -12 || ahead > 312 {
			t.Errorf("%q passes: %+v, %v", payload, said, err)
		}
		if passed(s.answered(t, signed)) {
			t.Errorf("%q passes twice", payload)
		}
	})
}

func FuzzBasic(f *testing.F) {
	a := furnish(f, newHouse(f))
	encoded := base64.StdEncoding.EncodeToString
	for _, text := range []string{
		"basic:secret", "two:second", "odd:a%252B%2B%3A%25zz", "spa:", "post:secret", ":", "", "basic", "basic:secret:", "basic%3Asecret", "b\xe9sic:secret", "basic:secret\x00", "basic:%", "+:+",
	} {
		f.Add("Basic " + encoded([]byte(text)))
		f.Add("basic  " + encoded([]byte(text)))
	}
	f.Add("Bearer x")
	f.Add("Basic YmFzaWM6c2VjcmV0\nAA==")
	known := []string{"basic:secret", "other:secret", "two:secret", "two:second", "odd:a%2B+:%zz"}
	f.Fuzz(func(t *testing.T, text string) {
		got := a.answered(t, attempt().Encode(), header("Authorization", text))
		if got.json()["error"] != passes {
			return
		}
		plain, err := base64.StdEncoding.DecodeString(text[strings.LastIndexByte(text, ' ')+1:])
		id, secret, _ := strings.Cut(string(plain), ":")
		id, badID := url.QueryUnescape(id)
		secret, badSecret := url.QueryUnescape(secret)
		client := a.clients[id]
		right := slices.Contains(known, id+":"+secret) || client.AuthMethod == "client_secret_basic" && secret == "secret" && id != "odd"
		if err != nil || badID != nil || badSecret != nil || id == "off" || !right {
			t.Errorf("%q passes: %q, %v", text, plain, err)
		}
	})
}

// FuzzTokenForm has a fresh code for whoever writes CODE, and a refresh token for REFRESH.
func FuzzTokenForm(f *testing.F) {
	a := furnish(f, newHouse(f))
	good := url.Values{"grant_type": {"authorization_code"}, "code": {"CODE"}, "code_verifier": {verifier}, "redirect_uri": {back}}
	f.Add(good.Encode())
	for _, raw := range []string{
		"grant_type=refresh_token&refresh_token=REFRESH", "grant_type=refresh_token&refresh_token=REFRESH&scope=openid", "grant_type=client_credentials&scope=read",
		good.Encode() + "&code=CODE", good.Encode() + ";a=b", good.Encode() + "&client_id=other", good.Encode() + "&a=%zz", good.Encode() + "&resource=x&resource=y",
		"grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=e30.e30.", "", "&&&", "=", "grant_type=%00",
	} {
		f.Add(raw)
	}
	prove := basic("basic:secret")
	f.Fuzz(func(t *testing.T, raw string) {
		a.t = t
		if strings.Contains(raw, "CODE") {
			raw = strings.ReplaceAll(raw, "CODE", a.code("basic"))
		}
		if strings.Contains(raw, "REFRESH") {
			raw = strings.ReplaceAll(raw, "REFRESH", a.granted("basic").RefreshToken)
		}
		a.later(time.Millisecond)
		got := a.answered(t, raw, prove)
		if got.status != http.StatusOK {
			return
		}
		form, err := url.ParseQuery(raw)
		for name, values := range form {
			if len(values) > 1 && name != "resource" && name != "audience" {
				t.Errorf("%q is answered: %s stands twice", raw, name)
			}
		}
		code := form.Get("grant_type") == "authorization_code" && form.Get("code_verifier") == verifier && form.Get("redirect_uri") == back
		refresh := form.Get("grant_type") == "refresh_token" && form.Get("refresh_token") != ""
		if client := form.Get("client_id"); err != nil || !code && !refresh || client != "" && client != "basic" {
			t.Errorf("%q is answered: %v", raw, err)
		}
	})
}
