package main

// linkFlags are the addresses that people are shown of an application, and by which they come to it.
type linkFlags struct {
	ClientURI   string   `name:"client-uri" placeholder:"URI" help:"Its home page, shown at sign-in."`
	LogoURI     string   `name:"logo-uri" placeholder:"URI" help:"Its logo, PNG or JPEG of at most 64 KiB: fetched by the server and shown from its own address."`
	PolicyURI   string   `name:"policy-uri" placeholder:"URI" help:"Its privacy policy, linked at sign-in."`
	TermsURI    string   `name:"tos-uri" placeholder:"URI" help:"Its terms of use, linked at sign-in."`
	Contact     []string `placeholder:"TEXT" sep:"none" help:"Whom to ask about it; may be repeated."`
	InitiateURI string   `name:"initiate-login-uri" placeholder:"URI" help:"Where a sign-in from elsewhere begins (OIDC Core §4): people open it from their account."`
}

// declare adds them to a declaration.
func (f linkFlags) declare(c ClientConfig) ClientConfig {
	c.HomeURI, c.LogoURI, c.PolicyURI, c.TermsURI, c.Contacts, c.InitiateURI = f.ClientURI, f.LogoURI, f.PolicyURI, f.TermsURI, f.Contact, f.InitiateURI
	return c
}
