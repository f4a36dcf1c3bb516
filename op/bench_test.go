package op_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
	"github.com/doorward/doorward/web"
)

// benchApps is apps without a test's clock: SQLite on disk, no limits met, eight at a time.
func benchApps(b *testing.B) *apps {
	b.Helper()
	ok := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	h := &house{db: storagetest.New(b, time.Now), people: map[string]storage.User{}}
	master, err := keys.ParseMaster("m1 " + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef")) + " active")
	ok(err)
	h.keys, err = keys.Open(b.Context(), h.db, master, keys.Options{Log: quiet(), Now: time.Now})
	ok(err)
	texts, err := web.LoadTexts()
	ok(err)
	h.site = &web.Site{Issuer: issuer, Company: "Acme", Log: quiet(), Now: time.Now, Texts: texts}
	pages, err := web.NewPages(h.site, nil)
	ok(err)
	provider, err := op.New(op.Options{Store: h.db, Keys: h.keys, Site: h.site, SignIn: &face{db: h.db}, Now: time.Now})
	ok(err)
	router := h.site.NewRouter(pages)
	provider.Register(router)
	h.router = h.site.Wrap(router)

	a := &apps{house: h, t: b, clients: map[string]storage.Client{}, person: carla()}
	ok(h.db.AddUser(b.Context(), a.person, "", storage.Event{Actor: "bench"}))
	for _, c := range relyingParties() {
		ok(h.db.AddClient(b.Context(), c, storage.Event{Actor: "bench"}))
		a.clients[c.ID] = c
	}
	a.session = a.signIn()
	return a
}

// run asks eight at a time for as long as the benchmark wants, and reports the processor's time beside the clock's.
func (a *apps) run(b *testing.B, ask func(i int64) *http.Request, took func(body []byte)) {
	b.Helper()
	var i atomic.Int64
	i.Store(-1)
	b.SetParallelism(4)
	b.ReportAllocs()
	b.ResetTimer()
	before := processorTime(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			w := httptest.NewRecorder()
			a.router.ServeHTTP(w, ask(i.Add(1)))
			if w.Code != http.StatusOK {
				b.Errorf("%d %s", w.Code, w.Body)
				return
			}
			took(w.Body.Bytes())
		}
	})
	b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func forget([]byte) {}

func BenchmarkUserinfo(b *testing.B) {
	a := benchApps(b)
	for _, client := range []string{"basic", "signed"} {
		token := a.benchIssued(client, "openid profile email").AccessToken
		b.Run(a.clients[client].TokenFormat, func(b *testing.B) {
			a.run(b, func(int64) *http.Request {
				r := httptest.NewRequest(http.MethodGet, issuer+"/userinfo", nil)
				r.Header.Set("Authorization", "Bearer "+token)
				return r
			}, forget)
		})
	}
}

func BenchmarkCode(b *testing.B) {
	a := benchApps(b)
	for _, client := range []string{"basic", "rsa"} {
		b.Run(a.clients[client].IDTokenAlg, func(b *testing.B) {
			bodies := make([]string, b.N)
			for i := range bodies {
				form := attempt(with("code", a.code(client)), with("code_verifier", verifier))
				bodies[i] = form.Encode()
			}
			a.run(b, func(i int64) *http.Request { return tokenRequest(bodies[i], client+":secret") }, forget)
		})
	}
}

func BenchmarkRefresh(b *testing.B) {
	a := benchApps(b)
	for name, client := range map[string]string{"without an ID token": "basic", "with an ID token": "wordy"} {
		b.Run(name, func(b *testing.B) {
			ready := make(chan string, 64) // one grant for each that asks, so that none meets a successor
			for range cap(ready) {
				ready <- a.benchIssued(client, "openid offline_access").RefreshToken
			}
			a.run(b, func(int64) *http.Request {
				return tokenRequest("grant_type=refresh_token&refresh_token="+<-ready, client+":secret")
			}, func(body []byte) {
				var got issued
				if err := json.Unmarshal(body, &got); err != nil {
					b.Error(err)
				}
				ready <- got.RefreshToken
			})
		})
	}
}

func BenchmarkIntrospection(b *testing.B) {
	a := benchApps(b)
	for _, client := range []string{"basic", "signed"} {
		token := a.benchIssued(client, "openid profile email").AccessToken
		b.Run(a.clients[client].TokenFormat, func(b *testing.B) {
			a.run(b, func(int64) *http.Request {
				return formRequest("/introspect", url.Values{"token": {token}}, "api:secret")
			}, forget)
		})
	}
}

func BenchmarkClientCredentials(b *testing.B) {
	a := benchApps(b)
	for _, client := range []string{"robot", "signed-robot"} {
		b.Run(a.clients[client].TokenFormat, func(b *testing.B) {
			a.run(b, func(int64) *http.Request { return tokenRequest("grant_type=client_credentials", client+":secret") }, forget)
		})
	}
}

// BenchmarkClientAssertion is client credentials of a client that signs: a signature to verify, and a write.
func BenchmarkClientAssertion(b *testing.B) {
	s := signing{benchApps(b)}
	c := s.clients["robot"]
	c.ID, c.AuthMethod, c.Secrets, c.JWKS = "worker", "private_key_jwt", [2][]byte{}, setOf("ec", "rs", "ed")
	if err := s.db.AddClient(b.Context(), c, storage.Event{Actor: "bench"}); err != nil {
		b.Fatal(err)
	}
	for _, pen := range []string{"ec", "rs", "ed"} {
		b.Run(pens()[pen].alg, func(b *testing.B) {
			bodies := make([]string, b.N)
			for i := range bodies {
				form := url.Values{"grant_type": {"client_credentials"}}
				shown(s.by(pen, "worker", nil, nil))(form)
				bodies[i] = form.Encode()
			}
			s.run(b, func(i int64) *http.Request {
				r := httptest.NewRequest(http.MethodPost, issuer+"/token", strings.NewReader(bodies[i]))
				r.Header.Set("Content-Type", formType)
				return r
			}, forget)
		})
	}
}

func BenchmarkDiscovery(b *testing.B) {
	a := benchApps(b)
	for _, path := range []string{"/.well-known/openid-configuration", "/jwks"} {
		b.Run(strings.TrimPrefix(path, "/"), func(b *testing.B) {
			a.run(b, func(int64) *http.Request { return httptest.NewRequest(http.MethodGet, issuer+path, nil) }, forget)
		})
	}
}

func (a *apps) benchIssued(client, scope string) issued {
	a.t.Helper()
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {a.code(client, scoped(scope))}, "code_verifier": {verifier}, "redirect_uri": {back},
	}
	w := httptest.NewRecorder()
	a.router.ServeHTTP(w, tokenRequest(form.Encode(), client+":secret"))
	var got issued
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.AccessToken == "" {
		a.t.Fatalf("%d %s", w.Code, w.Body)
	}
	return got
}
