package op

import (
	"encoding/json"
	"net/url"
	"slices"
	"time"

	"github.com/doorward/doorward/storage"
)

const (
	objectSkew = 10 * time.Second // how far a client's clock may be off
	objectLife = time.Hour        // how far ahead exp may lie
)

// objectParameters are the parameters that an object holds, as they would be sent beside it: a number becomes its digits
// (max_age), an object its JSON (claims), a list a parameter that repeats (resource). Members that are no parameters are
// ignored, as parameters are that we do not know (RFC 9101 §4).
func objectParameters(claims map[string]json.RawMessage) (url.Values, *Error) {
	values := url.Values{}
	for _, name := range parameters {
		raw, sent := claims[name]
		if !sent {
			continue
		}
		texts, ok := parameter(name, raw)
		if !ok {
			return nil, badObject(name + " in the request object is of a JSON type that it cannot have (RFC 9101 section 4)")
		}
		values[name] = texts
	}
	if values.Has("request") || values.Has("request_uri") {
		return nil, badObject("request and request_uri do not stand inside a request object (RFC 9101 section 4)")
	}
	if len(values.Encode()) > maxRequest {
		return nil, badObject("the parameters in the request object are more than 4 KiB")
	}
	return values, nil
}

// parameter is a member of the object as a parameter would be, and whether its type is one that it may have.
func parameter(name string, raw json.RawMessage) ([]string, bool) {
	var text string
	var list []string
	var number *uint32
	switch {
	case raw[0] == '"':
		ok := json.Unmarshal(raw, &text) == nil
		return []string{text}, ok
	case name == "max_age":
		return []string{string(raw)}, json.Unmarshal(raw, &number) == nil && number != nil
	case name == "claims" || name == "registration":
		return []string{string(raw)}, raw[0] == '{'
	case name == "resource":
		ok := json.Unmarshal(raw, &list) == nil && len(list) > 0
		return list, ok
	}
	return nil, false
}

// judgeObject says for whom, by whom and for how long the object was made (RFC 9101 §4, §10.4; OIDC Core §6.1). One that
// comes by value lasts as long as exp says, so that must be there: whoever saw the URL could send it for ever. One that
// was fetched just now is as new as the client wants it.
func (p *Provider) judgeObject(client storage.Client, claims map[string]json.RawMessage, o requestObject) *Error {
	is := func(name, value string) bool {
		var text string
		return json.Unmarshal(claims[name], &text) == nil && text == value
	}
	switch {
	case !is("client_id", client.ID):
		return badObject("client_id in the request object is not the client_id beside it (RFC 9101 section 5)")
	case !is("iss", client.ID):
		return badObject("iss of the request object is not the client_id (OIDC Core section 6.1)")
	case is("sub", client.ID):
		return badObject("a request object has no sub: this may be a client assertion (RFC 9101 section 10.8)")
	case !slices.Contains(audience(claims["aud"]), p.site.Issuer):
		return badObject("aud of the request object does not hold our issuer, " + p.site.Issuer + " (OIDC Core section 6.1)")
	}
	return judgeTimes(claims, o, p.now())
}

func judgeTimes(claims map[string]json.RawMessage, o requestObject, now time.Time) *Error {
	for _, name := range []string{"exp", "nbf", "iat"} {
		raw, sent := claims[name]
		at, ok := instant(raw)
		switch {
		case !sent && (name != "exp" || o.fetched):
		case !sent:
			return badObject("exp is missing in the request object")
		case !ok:
			return badObject(name + " of the request object is not a number of seconds (RFC 7519 section 2)")
		case name != "exp" && at.After(now.Add(objectSkew)):
			return badObject(name + " of the request object lies ahead")
		case name == "exp" && !now.Before(at.Add(objectSkew)):
			return badObject("the request object has expired")
		case name == "exp" && at.After(now.Add(objectLife+objectSkew)):
			return badObject("exp of the request object is more than 60 minutes ahead")
		}
	}
	return nil
}

// instant reads a NumericDate (RFC 7519 §2).
func instant(raw json.RawMessage) (time.Time, bool) {
	const far = 1 << 40 // seconds; beyond, a time.Time would run over
	var seconds *float64
	if json.Unmarshal(raw, &seconds) != nil || seconds == nil || *seconds < 0 || *seconds > far {
		return time.Time{}, false
	}
	return time.UnixMicro(int64(*seconds * 1e6)), true
}
