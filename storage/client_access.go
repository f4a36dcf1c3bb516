package storage

import (
	"slices"
	"strings"
)

// Bounds of who may sign in.
const (
	maxAdmitted = 100 // groups
	maxPeople   = 500
)

// ScopesOfConsole begins the scopes that open the console's API.
const ScopesOfConsole = "doorward:"

// Restricted says whether only some people may sign in.
func (c Client) Restricted() bool { return len(c.Groups)+len(c.People) > 0 }

// Admits says whether a person may sign in to the client.
func (c Client) Admits(u User) bool {
	return !c.Restricted() || slices.Contains(c.People, u.ID) ||
		slices.ContainsFunc(c.Groups, func(name string) bool { return slices.Contains(u.Groups, name) })
}

// checkAccess: who may sign in, and how.
func (c Client) checkAccess(f *faults) {
	signsIn := slices.Contains(c.GrantTypes, "authorization_code")
	f.unless(signsIn || len(c.Groups) == 0, "groups", "say who may sign in, where nobody does")
	f.unless(signsIn || len(c.People) == 0, "people", "say who may sign in, where nobody does")
	f.unless(signsIn || !c.RequireTOTP, "require_totp", "says how people sign in, where nobody does")
	f.unless(len(c.Groups) <= maxAdmitted, "groups", "are more than 100")
	f.unless(len(c.People) <= maxPeople, "people", "are more than 500: make a group of them")
	f.unless(!slices.ContainsFunc(c.Groups, func(g string) bool { return !printable(g, 80) }), "groups", "want names of 1 to 80 printable characters")
	f.unless(!slices.ContainsFunc(c.People, func(id string) bool { return !validID(id) }), "people", "want ids")
	f.unless(c.Tile == "" || validID(c.Tile), "tile", "wants 1 to 64 letters, digits, dots, hyphens or underscores")
	f.unless(c.Owner != "dynamic" || !slices.ContainsFunc(c.Scopes, ofConsole), "scope", "opens the console to nobody who registered itself")
}

func ofConsole(scope string) bool { return strings.HasPrefix(scope, ScopesOfConsole) }
