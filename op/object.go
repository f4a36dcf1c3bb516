package op

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"strings"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// opened puts the parameters of a signed request object in place of those beside it: what the client has not signed
// counts no more, whoever added it (RFC 9101 §6.3; OIDC Core §6). What comes back names no object, so that it is opened
// once: sealed, it is ours. A bad object is the fault of the request, which the checks tell: to the object's own redirect
// URI once the signature is right, before that to the one beside it, and in any case only if that is registered.
func (p *Provider) opened(ctx context.Context, client storage.Client, q request) (request, error) {
	o, err := p.sentObject(ctx, client, q)
	if err == nil && o.text != "" {
		q, err = p.replaced(ctx, client, q, o)
	}
	var refused *Error
	if errors.As(err, &refused) {
		if refused.Cause != nil {
			web.Note(ctx, slog.String("cause", refused.Cause.Error()))
		}
		q.fault = refused
		return q, nil
	}
	return q, err
}

// requestObject is one as it was sent.
type requestObject struct {
	text    string // a compact JWS; "" where none was sent
	fetched bool   // from the client, under a registered address
}

// sentObject finds the object of a request. There is at most one (OIDC Core §6.1, §6.2).
func (p *Provider) sentObject(ctx context.Context, client storage.Client, q request) (requestObject, error) {
	byValue, address := q.params["request"], q.params["request_uri"]
	switch {
	case byValue != "" && address != "":
		return requestObject{}, &Error{Code: invalidRequest, Description: "request and request_uri exclude each other (OIDC Core section 6)"}
	case address != "":
		text, err := p.fetchObject(ctx, client, address)
		return requestObject{text: text, fetched: true}, err
	}
	return requestObject{text: byValue}, nil
}

// replaced is the request as the object has it. With an error it is the request that the error belongs to.
func (p *Provider) replaced(ctx context.Context, client storage.Client, q request, o requestObject) (request, error) {
	signed, err := p.verifyObject(ctx, client, o)
	if err != nil {
		return q, err
	}
	claims, err := members(signed.Payload)
	if err != nil {
		return q, badObject("the request object is not one JSON object with each name once (RFC 9101 section 4)")
	}
	values, e := objectParameters(claims)
	if e != nil {
		return q, e
	}
	next := p.newRequest(values)
	next.start, next.params["client_id"] = q.start, client.ID
	if e := p.judgeObject(client, claims, o); e != nil {
		return next, e
	}
	return next, nil
}

func badObject(why string) *Error { return &Error{Code: invalidRequestObject, Description: why} }

// verifyObject checks the signature by the client's registered keys. One without a signature is refused by the code that
// says that we take none such.
func (p *Provider) verifyObject(ctx context.Context, client storage.Client, o requestObject) (keys.Signed, error) {
	if unsigned(o.text) {
		code := requestNotSupported
		if o.fetched {
			code = requestURINotSupported
		}
		return keys.Signed{}, &Error{Code: code, Description: "a request object must be signed: alg is none (RFC 9101 section 10.1)"}
	}
	if len(client.JWKS) == 0 && client.JWKSURI == "" {
		return keys.Signed{}, badObject("this client has registered no keys by which its request object could be verified: add jwks or jwks_uri")
	}
	signed, err := p.clientKeys(client).Verify(ctx, o.text, p.algsOf(client, client.RequestAlg))
	switch {
	case errors.Is(err, keys.ErrRefused):
		return keys.Signed{}, badObject("the request object is not signed by a key of this client, by an algorithm that it may use (RFC 9101 section 6.2)")
	case err != nil:
		return keys.Signed{}, &Error{Code: invalidRequestObject, Description: "the keys of this client cannot be had from its jwks_uri", Cause: err}
	case signed.Type != "" && signed.Type != "JWT" && signed.Type != typeRequest:
		return keys.Signed{}, badObject("the request object has a typ of another kind: leave it out, or send " + typeRequest + " (RFC 9101 section 10.8)")
	}
	return signed, nil
}

// typeRequest is what a request object may call itself (RFC 9101 §10.8).
const typeRequest = "oauth-authz-req+jwt"

// unsigned says whether text is a JWS whose header says alg none.
func unsigned(text string) bool {
	head, _, _ := strings.Cut(text, ".")
	decoded, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return false
	}
	header, err := members(decoded)
	return err == nil && string(header["alg"]) == `"none"`
}
