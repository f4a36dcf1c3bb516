package op

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

// checked is an authorization request under judgement: each check fills in what it has read.
type checked struct {
	request
	to        Destination
	scopes    []string
	prompt    []string
	maxAge    time.Duration // only where hasMaxAge
	hasMaxAge bool
	challenge string          // code_challenge, S256; "" where the client may go without
	claims    json.RawMessage // as sent
	asked     asked           // what claims says
	resource  []string        // that access tokens are asked for, sorted, each once
	levels    []string        // that were asked for, those that we know, the most wanted first
	demands   bool            // one of levels must be reached
	subject   string          // the person whom id_token_hint or claims name: nobody else may answer; ""
}

func (c *checked) client() storage.Client    { return c.to.client }
func (c *checked) prompts(value string) bool { return slices.Contains(c.prompt, value) }

// toConsent are the scopes that the person is asked about: those of the request, and those to which single claims belong, so
// that nobody gets by the claims parameter what the person does not know of.
func (c *checked) toConsent() []string {
	all := slices.Clone(c.scopes)
	for _, scope := range c.asked.scopesOf(c.client()) {
		if !slices.Contains(all, scope) {
			all = append(all, scope)
		}
	}
	return all
}

// checks are made in this order; the first that fails speaks. One row a rule: to add a check, write a function and put
// it in its place.
var checks = []func(*Provider, *checked) *Error{
	checkRequestObject,
	checkResponseType,
	checkResponseMode,
	checkGrantType,
	checkText,
	checkScope,
	checkResource,
	checkPKCE,
	checkPrompt,
	checkMaxAge,
	checkACR,
	checkClaims,
	checkDefaults,
	checkConsole,
	checkHint,
}

// check judges a request whose destination is proved. Its errors are *Error: the client may know them.
func (p *Provider) check(q request, to Destination) (*checked, error) {
	c := &checked{request: q, to: to}
	for _, judge := range checks {
		if e := judge(p, c); e != nil {
			return nil, e
		}
	}
	return c, nil
}

// checkRequestObject tells what was wrong with the request object, and refuses a client that brings its own registration
// (OIDC Core §7.2.1).
func checkRequestObject(_ *Provider, c *checked) *Error {
	switch {
	case c.fault != nil:
		return c.fault
	case c.params["registration"] != "":
		return &Error{Code: registrationNotSupported, Description: "registration is not supported: leave it out (OIDC Core section 7.2.1)"}
	}
	return nil
}

// checkResponseType admits the code flow alone (RFC 6749 §3.1.1, RFC 9700 §2.1.2).
func checkResponseType(_ *Provider, c *checked) *Error {
	switch c.params["response_type"] {
	case "code":
		return nil
	case "":
		return &Error{Code: invalidRequest, Description: "response_type is missing: send response_type=code (RFC 6749 section 3.1.1)"}
	}
	return &Error{Code: unsupportedResponseType, Description: "response_type must be code: there is no implicit and no hybrid flow here (RFC 9700 section 2.1.2)"}
}

// checkResponseMode: what is not possible is told by query (OAuth 2.0 Multiple Response Type Encoding Practices §2.1).
func checkResponseMode(_ *Provider, c *checked) *Error {
	switch mode := c.params["response_mode"]; {
	case mode == "" || mode == c.to.mode:
		return nil
	case mode == modeForm:
		return &Error{Code: invalidRequest, Description: "response_mode=form_post needs a redirect_uri of http or https: leave response_mode out"}
	}
	return &Error{Code: invalidRequest, Description: "response_mode must be query or form_post: leave it out"}
}

// checkGrantType: the client must be registered for this flow (RFC 6749 §4.1.2.1 unauthorized_client).
func checkGrantType(_ *Provider, c *checked) *Error {
	if !slices.Contains(c.client().GrantTypes, "authorization_code") {
		return &Error{Code: unauthorizedClient, Description: "this client is not registered for the grant type authorization_code: add it to its grant_types (RFC 6749 section 4.1.2.1)"}
	}
	return nil
}

// checkText refuses control characters in what is echoed: a form would change them (RFC 6749 A.5; OIDC Core §3.1.2.1).
func checkText(_ *Provider, c *checked) *Error {
	control := func(r rune) bool { return r < ' ' || r == 0x7f }
	for _, name := range []string{"state", "nonce"} {
		if strings.ContainsFunc(c.params[name], control) {
			return &Error{Code: invalidRequest, Description: name + " contains control characters (RFC 6749 appendix A.5)"}
		}
	}
	return nil
}

// checkScope keeps the scopes that we know and the client may have; others are ignored, as OIDC Core §3.1.2.1 wants
// it, but something must remain (RFC 6749 §3.3). Without openid it is a plain OAuth request: no ID token.
func checkScope(_ *Provider, c *checked) *Error {
	const most = 50
	asked := c.words("scope")
	if len(asked) > most {
		return &Error{Code: invalidScope, Description: "scope names more than 50 scopes (RFC 6749 section 3.3)"}
	}
	for _, name := range asked {
		if strings.ContainsFunc(name, notScopeChar) {
			return &Error{Code: invalidScope, Description: "scope contains characters that are not allowed there (RFC 6749 section 3.3)"}
		}
		if !slices.Contains(c.scopes, name) && mayHave(c.client(), name) {
			c.scopes = append(c.scopes, name)
		}
	}
	if len(c.scopes) == 0 {
		return &Error{Code: invalidScope, Description: "scope names none that this client may have: most apps send openid profile email (RFC 6749 section 3.3)"}
	}
	return nil
}

// mayHave says whether a client may ask for a scope. offline_access goes only to those that may refresh without a
// session (OIDC Core §11).
func mayHave(client storage.Client, name string) bool {
	known := slices.Contains(scopes, name)
	listed := len(client.Scopes) == 0 || slices.Contains(client.Scopes, name)
	refreshes := client.Refresh != "never" && slices.Contains(client.GrantTypes, "refresh_token")
	return mayConsole(client, name) || known && listed && (name != scopeOffline || refreshes)
}

func notScopeChar(r rune) bool { return r < '!' || r > '~' || r == '"' || r == '\\' }

// checkPKCE demands S256 where the client must use it, and allows nothing weaker where it need not (RFC 7636 §4.3,
// §4.4.1; RFC 9700 §2.1.1).
func checkPKCE(_ *Provider, c *checked) *Error {
	challenge, method := c.params["code_challenge"], c.params["code_challenge_method"]
	switch {
	case challenge == "" && (c.client().Public() || c.client().RequirePKCE):
		return &Error{Code: invalidRequest, Description: "code_challenge is missing: this app must send code_challenge and code_challenge_method=S256 (RFC 7636 section 4.3)"}
	case challenge == "" && method == "":
		return nil
	case challenge == "":
		return &Error{Code: invalidRequest, Description: "code_challenge_method stands without code_challenge (RFC 7636 section 4.3)"}
	case method != "S256":
		return &Error{Code: invalidRequest, Description: "code_challenge_method must be S256 (RFC 7636 section 4.3)"}
	case len(challenge) != 43 || strings.ContainsFunc(challenge, notBase64URL):
		return &Error{Code: invalidRequest, Description: "code_challenge is not the base64url of a SHA-256, 43 characters (RFC 7636 section 4.2)"}
	}
	c.challenge = challenge
	return nil
}

func notBase64URL(r rune) bool {
	return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
}

// promptValues are the values of prompt that we know.
var promptValues = []string{"none", "login", "consent", "select_account"}

// checkPrompt knows its values, each once, and none stands alone (OIDC Core §3.1.2.1).
func checkPrompt(_ *Provider, c *checked) *Error {
	for _, value := range c.words("prompt") {
		if !slices.Contains(promptValues, value) || c.prompts(value) {
			return &Error{Code: invalidRequest, Description: "prompt may hold none, login, consent, select_account, each once (OIDC Core section 3.1.2.1)"}
		}
		c.prompt = append(c.prompt, value)
	}
	if c.prompts("none") && len(c.prompt) > 1 {
		return &Error{Code: invalidRequest, Description: "prompt=none stands with no other value (OIDC Core section 3.1.2.1)"}
	}
	return nil
}

// checkMaxAge reads whole seconds (OIDC Core §3.1.2.1).
func checkMaxAge(_ *Provider, c *checked) *Error {
	text := c.params["max_age"]
	if text == "" {
		return nil
	}
	seconds, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return &Error{Code: invalidRequest, Description: "max_age is not a number of seconds, 0 to 2147483647 (OIDC Core section 3.1.2.1)"}
	}
	c.maxAge, c.hasMaxAge = time.Duration(seconds)*time.Second, true
	return nil
}

// checkDefaults fills in what the client has registered for requests that say nothing of it (OIDC Registration §2:
// default_max_age, default_acr_values).
func checkDefaults(_ *Provider, c *checked) *Error {
	if !c.hasMaxAge && c.client().MaxAge > 0 {
		c.maxAge, c.hasMaxAge = time.Duration(c.client().MaxAge)*time.Second, true
	}
	if c.params["acr_values"] == "" && len(c.asked["id_token"]["acr"].values) == 0 {
		c.levels = c.client().ACRValues
	}
	return nil
}

// consoleAge is how old a sign-in may be by which a person opens the console for a client: as old as for a change in the console itself.
const consoleAge = 10 * time.Minute

// checkConsole holds whoever opens the console by a client to what they prove in the console, as max_age would (OIDC Core §3.1.2.1): else
// the cookie of an old session, which changes nothing there, would by one click of a client. And the client is not given for months what
// the person has for minutes: it may not change anything without them (OIDC Core §11: the wish for offline_access is ignored).
func checkConsole(_ *Provider, c *checked) *Error {
	if !slices.ContainsFunc(c.scopes, ofConsole) {
		return nil
	}
	if !c.hasMaxAge || c.maxAge > consoleAge {
		c.maxAge, c.hasMaxAge = consoleAge, true
	}
	if slices.Contains(c.scopes, ScopeWrite) {
		c.scopes = slices.DeleteFunc(c.scopes, func(name string) bool { return name == scopeOffline })
	}
	return nil
}
