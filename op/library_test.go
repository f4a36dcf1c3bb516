package op_test

// What we rely on in the library: these fail when an upgrade changes it.

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	zop "github.com/zitadel/oidc/v3/pkg/op"
)

// probe is the least server: it tells what reached it.
type probe struct {
	zop.UnimplementedServer
	seen url.Values
	err  error
}

type anyClient struct{ zop.Client }

func (anyClient) AuthMethod() oidc.AuthMethod  { return oidc.AuthMethodBasic }
func (anyClient) GrantTypes() []oidc.GrantType { return []oidc.GrantType{oidc.GrantTypeCode} }

func (p *probe) VerifyClient(context.Context, *zop.Request[zop.ClientCredentials]) (zop.Client, error) {
	return anyClient{}, nil
}

func (p *probe) CodeExchange(_ context.Context, r *zop.ClientRequest[oidc.AccessTokenRequest]) (*zop.Response, error) {
	p.seen = r.PostForm
	if p.err != nil {
		return nil, p.err
	}
	return zop.NewResponse(map[string]string{"code": r.Data.Code}), nil
}

func (p *probe) ask(form url.Values, before func(http.ResponseWriter, *http.Request)) *httptest.ResponseRecorder {
	library := zop.RegisterServer(p, zop.Endpoints{Token: zop.NewEndpoint("/token")}, zop.WithServerCORSOptions(nil))
	r := httptest.NewRequest(http.MethodPost, "/token?code=query", strings.NewReader("code=body"))
	r.Header.Set("Content-Type", formType)
	r.Header.Set("Origin", "https://evil.test")
	r.PostForm, r.Form = form, form
	w := httptest.NewRecorder()
	if before != nil {
		before(w, r)
	}
	library.ServeHTTP(w, r)
	return w
}

func codeForm(more ...string) url.Values {
	v := url.Values{"grant_type": {"authorization_code"}, "client_id": {"c"}, "code": {"form"}, "redirect_uri": {back}}
	for _, name := range more {
		v.Set(name, "x")
	}
	return v
}

func TestTheLibraryReadsTheFormThatItIsGiven(t *testing.T) {
	p := &probe{}
	w := p.ask(codeForm(), nil)
	if w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != `{"code":"form"}` || p.seen.Get("code") != "form" {
		t.Errorf("%d %s, form %v", w.Code, w.Body, p.seen)
	}
	if w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Error("it speaks CORS by itself")
	}
}

func TestTheLibraryIgnoresParametersThatItDoesNotKnow(t *testing.T) {
	if w := (&probe{}).ask(codeForm("foo", "a[]", "key.0", "key.99999999"), nil); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestTheLibraryAnswersAStatusErrorWithItsStatusAndOurHeaders(t *testing.T) {
	p := &probe{err: zop.NewStatusError(oidc.ErrInvalidClient().WithDescription("%s", "100% sure"), http.StatusUnauthorized)}
	w := p.ask(codeForm(), func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("WWW-Authenticate", "Basic") })
	if w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") != "Basic" ||
		strings.TrimSpace(w.Body.String()) != `{"error":"invalid_client","error_description":"100% sure"}` {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

// A reason for libraryError: were this not so, we would not need it.
func TestTheLibraryShowsAPlainErrorVerbatim(t *testing.T) {
	p := &probe{err: errors.New("internal words")}
	if w := p.ask(codeForm(), nil); !strings.Contains(w.Body.String(), "internal words") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestTheLibraryNamesItsErrorsAsTheSpecificationsDo(t *testing.T) {
	for want, e := range map[string]*oidc.Error{
		"invalid_request": oidc.ErrInvalidRequest(), "invalid_client": oidc.ErrInvalidClient(), "invalid_grant": oidc.ErrInvalidGrant(),
		"invalid_scope": oidc.ErrInvalidScope(), "unauthorized_client": oidc.ErrUnauthorizedClient(), "server_error": oidc.ErrServerError(),
	} {
		if string(e.ErrorType) != want {
			t.Errorf("%s is %s", want, e.ErrorType)
		}
	}
}

func TestTheLibraryRoutesByGrantType(t *testing.T) {
	for grant, want := range map[string]string{
		"authorization_code": `{"code":"form"}`, "password": "unsupported_grant_type", "refresh_token": "unauthorized_client",
		"urn:ietf:params:oauth:grant-type:jwt-bearer": "invalid_request", // it routes it to JWTProfile: judgeGrantType keeps it out
	} {
		form := codeForm()
		form.Set("grant_type", grant)
		if w := (&probe{}).ask(form, nil); !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", grant, w.Code, w.Body)
		}
	}
}

func TestTheLibraryWantsARedirectURIBeforeWeSeeTheCode(t *testing.T) {
	form := codeForm()
	form.Del("redirect_uri")
	p := &probe{}
	if w := p.ask(form, nil); w.Code != http.StatusBadRequest || p.seen != nil {
		t.Errorf("%d %s: the placeholder of judgeGrantType is needed no more", w.Code, w.Body)
	}
}
