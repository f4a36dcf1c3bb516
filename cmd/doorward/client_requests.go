package main

// requestFlags say how an application asks for sign-ins, and what holds where it says nothing.
type requestFlags struct {
	RequestURI []string `name:"request-uri" placeholder:"URI" sep:"none" help:"Where its signed requests lie (OpenID Connect Core 6.2): fetched from nowhere else; may be repeated."`
	RequestAlg string   `name:"request-alg" default:"" enum:",RS256,PS256,ES256,EdDSA" placeholder:"ALG" help:"The one algorithm by which it signs requests; default: any of RS256, PS256, ES256, EdDSA."`
	MaxAge     int      `name:"max-age" placeholder:"SECONDS" help:"How old a sign-in may be where a request does not say it (default_max_age)."`
	ACRValue   []string `name:"acr-value" placeholder:"LEVEL" sep:"none" help:"The level that is asked for where a request does not say it (default_acr_values), the most wanted first; may be repeated."`
}

// declare adds them to a declaration.
func (f requestFlags) declare(c ClientConfig) ClientConfig {
	c.RequestURIs, c.RequestAlg, c.MaxAge, c.ACRValues = f.RequestURI, f.RequestAlg, f.MaxAge, f.ACRValue
	return c
}
