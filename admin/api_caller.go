package admin

import (
	"net/http"
	"slices"

	"github.com/doorward/doorward/web"
)

// Callers finds out who calls. It is op; cmd joins the two.
type Callers interface {
	// Bearer reads the access token of a request, which must have one of the scopes. An error that is the visitor's has the methods
	// Status, Challenge and Detail.
	Bearer(r *http.Request) (Caller, error)
}

// Caller is whom an access token was given to.
type Caller struct {
	Client string
	Born   string // tells the client from a former one of its id
	User   string // the person it acts for; "" for itself
	Role   string // of that person, now
	Scopes []string
}

// actor is what a caller may do: what the scopes allow, and where it acts for a person, what their role allows too.
func (c Caller) actor(r *http.Request) Actor {
	a := Actor{ID: "client:" + c.Client, Address: web.Address(r.Context()).String(), Reference: web.Reference(r.Context())}
	for _, scope := range c.Scopes {
		for _, right := range scopes[scope] {
			if (c.User == "" || slices.Contains(roles[c.Role], right)) && !a.May(right) {
				a.Rights = append(a.Rights, right)
			}
		}
	}
	if c.User != "" {
		a.ID, a.Client = c.User, c.Client
	}
	return a
}

// sender is whose Idempotency-Keys meet: those of one client, for one person or for itself. A client that got the id of a removed one is
// answered nothing that the former was told.
func (c Caller) sender() string {
	who := "client:" + c.Client
	if c.User != "" {
		who = c.User
	}
	return who + " " + c.Client + " " + c.Born
}

// refused is what a caller is told who may not: which scope it wants (RFC 6750 §3.1), and none where it is the person who may not, since no
// other token of theirs would do.
func (c Caller) refused(issuer string, wants call) error {
	p := &problem{status: http.StatusForbidden, detail: "the role of the person does not allow this"}
	if !slices.ContainsFunc(c.Scopes, func(scope string) bool { return slices.Contains(scopes[scope], wants.right) }) {
		p.detail = "the access token does not allow this"
		p.challenge = `Bearer realm="` + issuer + `", error="insufficient_scope", scope="` + wants.scope() + `"`
	}
	return p
}
