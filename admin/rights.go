package admin

// Right is what a visitor must be allowed for a page or a call.
type Right int

// The rights. A route that names none is open to nobody.
const (
	nobody     Right = iota
	LookPeople       // see people, groups, sessions and the log
	LookAll          // see applications, keys, mail and policy besides
	KeepPeople       // invite, change, disable and reset people
	KeepAll          // change everything
)

// roles are what the roles of people may do: an administrator all, a viewer sees all, and the helpdesk keeps people.
var roles = map[string][]Right{
	"admin":    {LookPeople, LookAll, KeepPeople, KeepAll},
	"viewer":   {LookPeople, LookAll},
	"helpdesk": {LookPeople, KeepPeople},
}

// scopes are what the scopes of an access token allow a program. Where it acts for a person, their role must allow it too.
var scopes = map[string][]Right{
	"doorward:read":  {LookPeople, LookAll},
	"doorward:write": {LookPeople, LookAll, KeepPeople, KeepAll},
}

// Roles are the names of all roles, as forms list them.
var Roles = []string{"admin", "viewer", "helpdesk"}
