package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// PeopleFilter says which people a list shows: those to whom all of it applies. The zero one shows all.
type PeopleFilter struct {
	Search string // words that stand in the address, the name or the customer number, in any letters
	Group  string
	State  string // "active", "disabled", "invited"; of those how far: InvitationOpened, InvitationExpired, InvitationWithdrawn, InvitationNone
	Role   string // "admin", "viewer", "helpdesk"; AnyRole
	Lacks  string // LacksTOTP: has no authenticator; LacksSignIn: has never signed in
}

// Words of a filter.
const (
	AnyRole     = "any"
	LacksTOTP   = "totp"
	LacksSignIn = "sign-in"
)

const (
	maxPage   = 200 // rows that a list shows at once (BF-14)
	maxWords  = 5   // of a search; more make it no narrower
	maxSearch = 200 // bytes of a search
	// passed is how many people are looked at for a page: each costs about a microsecond, and looking on is one press or call more.
	passed = 50_000
	// passedInvited is the same where how far each invitation has come is looked up: some ten times as long.
	passedInvited = 5_000
)

// stages are states of those who are invited alone.
var stages = map[string]bool{InvitationOpened: true, InvitationExpired: true, InvitationWithdrawn: true, InvitationNone: true}

// clamped is how many rows a list shows, however many were asked for.
func clamped(limit int) int64 { return int64(min(max(limit, 1), maxPage)) }

// Check judges the filter. The error joins *Invalid values.
func (f PeopleFilter) Check() error {
	var bad faults
	bad.unless(f.State == "" || userStates[f.State] || stages[f.State], "state", "is none of invited, active, disabled, opened, expired, withdrawn, none")
	bad.unless(f.Role == AnyRole || userRoles[f.Role], "role", "is none of admin, viewer, helpdesk, any")
	bad.unless(f.Lacks == "" || f.Lacks == LacksTOTP || f.Lacks == LacksSignIn, "lacks", "is none of totp, sign-in")
	return bad.err()
}

// PeoplePage is a part of a list of people by address.
type PeoplePage struct {
	People []User
	// Next is the address behind which the part after this one begins; "" there is none. A page may be short, or empty, and have one: no
	// more than 50,000 people are looked at for it, 5,000 where it is asked how far an invitation has come, so that it takes its time however
	// many there are, and whoever is looked for.
	Next string
}

// People lists the people to whom a filter applies by address, 200 at most, beginning behind the address after ("" begins with the first).
// *Invalid.
func (db *DB) People(ctx context.Context, f PeopleFilter, after string, limit int) (PeoplePage, error) {
	if err := f.Check(); err != nil {
		return PeoplePage{}, err
	}
	most := int64(passed)
	if stages[f.State] {
		most = passedInvited
	}
	page, err := db.peoplePage(ctx, f, part{after, clamped(limit), most})
	return page, wrap("read people", err)
}

// part is what a page is to be: behind an address, so many at most of so many who are looked at.
type part struct {
	after         string
	limit, passed int64
}

func (db *DB) peoplePage(ctx context.Context, f PeopleFilter, p part) (PeoplePage, error) {
	var page PeoplePage
	if f.passes() {
		err := db.readRow(ctx, f.lastPassed(), []any{p.after, p.passed - 1}, &page.Next)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return page, err
		}
	}
	text, args := f.query(span{p.after, page.Next, db.Now()}, p.limit+1)
	err := db.readRows(ctx, text, args, func(scan func(...any) error) error {
		var u User
		err := scan(u.dest())
		page.People = append(page.People, u)
		return err
	})
	if int64(len(page.People)) > p.limit {
		page.People = page.People[:p.limit]
		page.Next = page.People[p.limit-1].Email
	}
	return page, err
}

// passes says whether people are passed who are not shown: those of a role, or of a group and nothing besides, have an index of their own.
func (f PeopleFilter) passes() bool {
	return f != PeopleFilter{Group: f.Group} && (f.Role == "" || f.Role == AnyRole || f.invited())
}

// invited says whether it shows none but those who are invited, who have an index of their own.
func (f PeopleFilter) invited() bool { return f.State == "invited" || stages[f.State] }

// span is between two addresses: behind one, up to the other ("" no such end), at a time.
type span struct {
	after, last string
	now         time.Time
}

// A page is found in an index: of a group in that of its members; else in the one that has all that is tested, in the list's order. SQLite
// reads none but the page's own people besides. PostgreSQL does so where its vacuum has passed since they were changed, and looks at the
// other rows.
const (
	pageOfPeople = `select %s from users u where u.id in (select f.id from users f where f.email > $1%s order by f.email limit $2) order by u.email`
	pageOfGroup  = `select %s from users u where u.id in (select m.user_id from memberships m where m.group_name = $3 and m.email > $1
		order by m.email limit $2) order by u.email`
	inGroup = ` and exists (select 1 from memberships m where m.group_name = $%d and m.user_id = f.id)`
	// isInvited is no value, since an index of some of the rows is used where the statement says which.
	isInvited = ` and f.state = 'invited'`
	// cameAsFar says what invitationState says, by the index of invitations alone.
	cameAsFar = isInvited + ` and coalesce((select case when l.used > 0 then 'none' when l.replaced or l.user_version <> f.version then 'withdrawn'
			when l.expires <= $%d then 'expired' when l.opened > 0 then 'opened' else 'invited' end
		from links l where l.user_id = f.id and l.kind = 'invitation' order by l.created desc, l.replaced, l.id limit 1), 'none') = $%d`
	lastPassed = `select f.email from users f where f.email > $1%s order by f.email limit 1 offset $2`
)

// lastPassed finds who is looked at last for a page.
func (f PeopleFilter) lastPassed() string {
	if f.invited() {
		return fmt.Sprintf(lastPassed, isInvited)
	}
	return fmt.Sprintf(lastPassed, "")
}

// query is the statement of a page. There are as many texts as kinds of filters, so each stays prepared.
func (f PeopleFilter) query(s span, limit int64) (string, []any) {
	args := []any{s.after, limit}
	if (f == PeopleFilter{Group: f.Group}) && f.Group != "" {
		return fmt.Sprintf(pageOfGroup, userColumns), append(args, f.Group)
	}
	var where strings.Builder
	add := func(condition, value string) {
		args = append(args, value)
		fmt.Fprintf(&where, condition, len(args))
	}
	if s.last != "" {
		add(` and f.email <= $%d`, s.last)
	}
	switch {
	case stages[f.State]:
		args = append(args, micros(s.now), f.State)
		fmt.Fprintf(&where, cameAsFar, len(args)-1, len(args))
	case f.State == "invited":
		where.WriteString(isInvited)
	case f.State != "":
		add(` and f.state = $%d`, f.State)
	}
	switch f.Role {
	case "":
	case AnyRole:
		where.WriteString(` and f.role <> ''`)
	default:
		add(` and f.role <> '' and f.role = $%d`, f.Role)
	}
	switch f.Lacks {
	case LacksTOTP:
		where.WriteString(` and not f.totp`)
	case LacksSignIn:
		where.WriteString(` and f.signed_in = 0`)
	}
	for _, word := range searchWords(f.Search) {
		add(` and f.search like $%d escape '!'`, word)
	}
	if f.Group != "" {
		add(inGroup, f.Group)
	}
	return fmt.Sprintf(pageOfPeople, userColumns, where.String()), args
}

var escapeLike = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// searchWords are the patterns that must all fit: what is typed stands for itself, % and _ too.
func searchWords(typed string) []string {
	if len(typed) > maxSearch {
		typed = typed[:maxSearch]
	}
	words := strings.Fields(strings.ToLower(strings.ToValidUTF8(typed, "")))
	words = words[:min(len(words), maxWords)]
	for i, w := range words {
		words[i] = "%" + escapeLike.Replace(w) + "%"
	}
	return words
}

// search is what a person is found by.
func (u User) search() string {
	name, _ := u.Claims["name"].(string)
	return searchText(u.Email, name, u.CustomerNumber)
}

// searchText is folded here, since SQLite knows the small letters of ASCII alone.
func searchText(email, name, number string) string {
	return strings.ToLower(strings.Join([]string{email, name, number}, "\n"))
}
