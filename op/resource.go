package op

import (
	"slices"
	"strings"

	"github.com/doorward/doorward/storage"
)

// checkResource keeps the resources that the access tokens are to be good at (RFC 8707 §2.1), each once. Each must be one of the
// client's.
func checkResource(_ *Provider, c *checked) *Error {
	c.resource = resources(c.words("resource"))
	return judgeResource(c.client(), c.resource)
}

// judgeResource refuses what the client may not ask tokens for. Registered resources are absolute and have no fragment
// (storage), and are compared byte by byte.
func judgeResource(client storage.Client, asked []string) *Error {
	for _, uri := range asked {
		if !slices.Contains(client.Resources, uri) {
			return &Error{Code: invalidTarget, Description: "resource names one that this client may not ask tokens for: add it to its resources (RFC 8707 section 2)"}
		}
	}
	return nil
}

// narrowResource is the part of the granted resources that is wished for; no wish is all of them (RFC 8707 §2.2). What was not
// granted before is not granted now, and neither is what the client has lost since: never is a token made for another place
// instead.
func narrowResource(client storage.Client, have, wish []string) ([]string, error) {
	if len(wish) == 0 {
		wish = have
	}
	for _, uri := range wish {
		if !slices.Contains(have, uri) {
			return nil, &Error{Code: invalidTarget, Description: "resource names one that was not granted (RFC 8707 section 2.2)"}
		}
	}
	if e := judgeResource(client, wish); e != nil {
		return nil, e
	}
	return wish, nil
}

// resources are the values of the parameter resource, which may stand more than once (RFC 8707 §2): sorted, each once. One
// without a value counts as not sent (RFC 6749 §3.1). No URI holds a space, so that they may travel as one value.
func resources(values []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(strings.Fields(strings.Join(values, " ")))))
}
