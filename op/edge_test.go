package op_test

// The gate in front of what clients call: what is wrong as HTTP.

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
)

// raw sends a body as it is.
func (a *apps) raw(method, target, media string, body io.Reader, changes ...func(*http.Request)) reply {
	a.t.Helper()
	r := httptest.NewRequest(method, issuer+target, body)
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	for _, change := range changes {
		change(r)
	}
	return a.send(r)
}

const formType = "application/x-www-form-urlencoded"

func TestBadFormsAreRefusedBeforeAnythingIsAsked(t *testing.T) { // RQ-04, RQ-06, RQ-07
	a := newApps(t)
	const good = "grant_type=authorization_code&code=x&redirect_uri=https%3A%2F%2Frp.test%2Fcb"
	prove := basic("basic:secret")
	for name, c := range map[string]struct {
		target, media, body string
		status              int
	}{
		"JSON":                         {"/token", "application/json", `{"grant_type":"authorization_code"}`, 415},
		"multipart":                    {"/token", "multipart/form-data; boundary=x", "--x--", 415},
		"text":                         {"/token", "text/plain", good, 415},
		"no type":                      {"/token", "", good, 415},
		"another charset":              {"/token", formType + "; charset=utf-16", good, 415},
		"a parameter twice":            {"/token", formType, good + "&code=y", 400},
		"the same value twice":         {"/token", formType, good + "&grant_type=authorization_code", 400},
		"a parameter in the query":     {"/token?code=x", formType, "grant_type=authorization_code", 400},
		"the grant type in the query":  {"/token?grant_type=authorization_code", formType, "code=x", 400},
		"anything in the query":        {"/token?a", formType, good, 400},
		"a broken percent sign":        {"/token", formType, good + "&a=%zz", 400},
		"a percent sign at the end":    {"/token", formType, good + "&a=%", 400},
		"a semicolon":                  {"/token", formType, good + ";a=b", 400},
		"invalid UTF-8":                {"/token", formType, good + "&a=%ff", 400},
		"NUL":                          {"/token", formType, good + "&a=%00", 400},
		"65 KiB":                       {"/token", formType, good + "&a=" + strings.Repeat("a", 65<<10), 413},
		"a thousand parameters":        {"/token", formType, good + strings.Repeat("&a", 1000), 400},
		"an empty body":                {"/token", formType, "", 400},
		"a client_id in another place": {"/token?client_id=basic", formType, good, 400},
	} {
		t.Run(name, func(t *testing.T) {
			a.raw(http.MethodPost, c.target, c.media, strings.NewReader(c.body), prove).denied(c.status, "invalid_request")
		})
	}
	packed := a.raw(http.MethodPost, "/token", formType, bytes.NewReader([]byte{0x1f, 0x8b}), prove, header("Content-Encoding", "gzip"))
	packed.denied(http.StatusUnsupportedMediaType, "invalid_request")
}

func TestHarmlessFormsPass(t *testing.T) { // RQ-07
	a := newApps(t)
	const good = "grant_type=authorization_code&code=x&redirect_uri=https%3A%2F%2Frp.test%2Fcb"
	for name, c := range map[string]struct{ target, media, body string }{
		"a lone question mark":           {"/token?", formType, good},
		"a charset":                      {"/token", formType + "; charset=UTF-8", good},
		"an unknown parameter":           {"/token", formType, good + "&foo=bar&key.99999999=1&a[]=2"},
		"two resources, two audiences":   {"/token", formType, good + "&resource=https%3A%2F%2Fa&resource=https%3A%2F%2Fb&audience=a&audience=b"},
		"an empty pair":                  {"/token", formType, good + "&&"},
		"parameters of the library":      {"/token", formType, good + "&Code=y&assertion=z&scope=+openid++x"},
		"the type in other letter cases": {"/token", "Application/X-WWW-Form-UrlEncoded", good},
	} {
		t.Run(name, func(t *testing.T) {
			a.raw(http.MethodPost, c.target, c.media, strings.NewReader(c.body), basic("basic:secret")).denied(http.StatusBadRequest, passes)
		})
	}
}

func TestTheTokenEndpointTakesPOSTAlone(t *testing.T) { // RQ-01
	a := newApps(t)
	for _, method := range []string{"HEAD", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} {
		got := a.raw(method, "/token", formType, strings.NewReader("grant_type=authorization_code"))
		if got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "OPTIONS, POST" {
			t.Errorf("%s: %d, Allow %q", method, got.status, got.header.Get("Allow"))
		}
	}
	w := httptest.NewRecorder()
	a.router.ServeHTTP(w, httptest.NewRequest(http.MethodGet, issuer+"/token?grant_type=refresh_token", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", w.Code)
	}
}

func TestNoOtherPathOfTheLibraryIsReached(t *testing.T) { // RQ-10
	a := newApps(t)
	for _, path := range []string{"/healthz", "/ready", "/keys", "/oauth/token", "/token/", "//token", "/TOKEN", "/token%2f"} {
		w := httptest.NewRecorder()
		a.router.ServeHTTP(w, httptest.NewRequest(http.MethodPost, issuer+path, nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// broken is a store whose database is away; its errors say more than a client may hear.
type broken struct {
	op.Store
	at string // which method fails
}

func (b broken) fail(method string) error {
	if b.at == method {
		return errBroken
	}
	return nil
}

func (b broken) Client(ctx context.Context, id string) (storage.Client, error) {
	if err := b.fail("Client"); err != nil {
		return storage.Client{}, err
	}
	return b.Store.Client(ctx, id)
}

func (b broken) Spend(ctx context.Context, key string, r storage.Rate) (time.Duration, error) {
	if err := b.fail("Spend"); err != nil {
		return 0, err
	}
	return b.Store.Spend(ctx, key, r)
}

func (b broken) RedeemCode(ctx context.Context, g storage.Grant) (storage.User, error) {
	person, err := b.Store.RedeemCode(ctx, g)
	return person, errors.Join(b.fail("RedeemCode"), err)
}

func (b broken) LiveGrant(ctx context.Context, id string) (storage.Grant, storage.User, error) {
	if err := b.fail("LiveGrant"); err != nil {
		return storage.Grant{}, storage.User{}, err
	}
	return b.Store.LiveGrant(ctx, id)
}

func (b broken) RotateGrant(ctx context.Context, r storage.Rotation) (storage.Grant, storage.User, error) {
	if err := b.fail("RotateGrant"); err != nil {
		return storage.Grant{}, storage.User{}, err
	}
	return b.Store.RotateGrant(ctx, r)
}

func (b broken) RevokeGrant(ctx context.Context, id string, e storage.Event) error {
	if err := b.fail("RevokeGrant"); err != nil {
		return err
	}
	return b.Store.RevokeGrant(ctx, id, e)
}

func (b broken) Once(ctx context.Context, kind, id string, until time.Time) error {
	if err := b.fail("Once"); err != nil {
		return err
	}
	return b.Store.Once(ctx, kind, id, until)
}

func (b broken) Spent(ctx context.Context, kind, id string) (bool, error) {
	if err := b.fail("Spent"); err != nil {
		return false, err
	}
	return b.Store.Spent(ctx, kind, id)
}

func TestABrokenDatabaseIsAServerErrorWithoutItsWords(t *testing.T) {
	a := newApps(t)
	got := a.granted("basic")
	code := a.code("basic")
	for method, r := range map[string]func() *http.Request{
		"Client": func() *http.Request { return tokenRequest(attempt().Encode(), "basic:secret") },
		"Spend":  func() *http.Request { return tokenRequest(attempt().Encode(), "basic:wrong") },
		"RedeemCode": func() *http.Request {
			return tokenRequest(attempt(with("code", code), with("code_verifier", verifier)).Encode(), "basic:secret")
		},
		"RotateGrant": func() *http.Request {
			return tokenRequest("grant_type=refresh_token&refresh_token="+got.RefreshToken, "basic:secret")
		},
		"LiveGrant": func() *http.Request {
			r := httptest.NewRequest(http.MethodGet, issuer+"/userinfo", nil)
			r.Header.Set("Authorization", "Bearer "+got.AccessToken)
			return r
		},
	} {
		t.Run(method, func(t *testing.T) {
			w := httptest.NewRecorder()
			doorOn(t, a.house, broken{a.db, method}).ServeHTTP(w, r())
			if w.Code != http.StatusInternalServerError || strings.TrimSpace(w.Body.String()) != `{"error":"server_error"}` {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if w.Header().Get("Cache-Control") != "no-store" {
				t.Error("the error may be stored")
			}
		})
	}
	a.refresh("basic", got.RefreshToken).issued() // nothing was spent
}

func tokenRequest(body, client string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, issuer+"/token", strings.NewReader(body))
	r.Header.Set("Content-Type", formType)
	basic(client)(r)
	return r
}
