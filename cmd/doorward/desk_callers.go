package main

import (
	"net/http"

	"github.com/doorward/doorward/admin"
)

// callers lends the protocol to the API: only it knows what an access token is good for.
type callers struct{ *rooms }

func (c callers) Bearer(r *http.Request) (admin.Caller, error) {
	caller, err := c.protocol.Bearer(r, "")
	return admin.Caller{Client: caller.ClientID, Born: caller.Born, User: caller.UserID, Role: caller.Person.Role, Scopes: caller.Scopes}, err
}
