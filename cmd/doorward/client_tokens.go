package main

// tokenFlags say how an application knows people, and what its tokens are for.
type tokenFlags struct {
	Sector      string   `placeholder:"HOST" help:"Know people by subjects that only applications of this sector share (pairwise, OpenID Connect Core 8.1). To change it later makes everybody a stranger."`
	Resource    []string `placeholder:"URI" sep:"none" help:"An API that it may ask access tokens for (RFC 8707), or is itself and may introspect tokens of; may be repeated."`
	UserinfoAlg string   `name:"userinfo-alg" default:"" enum:",RS256,PS256,ES256,EdDSA" placeholder:"ALG" help:"Sign its userinfo, as a JWT: RS256, PS256, ES256, EdDSA; default: plain JSON."`
}

// declare adds them to a declaration.
func (f tokenFlags) declare(c ClientConfig) ClientConfig {
	c.Sector, c.Resources, c.UserinfoAlg = f.Sector, f.Resource, f.UserinfoAlg
	return c
}
