package admin_test

import (
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

func TestAPersonsRecordIsChangedAndTheFormerAddressIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.full("anna@aviary.test")
		_, err := h.desk.AddGroup(t.Context(), admin.Operator(), admin.NewGroup{Name: "sales"})
		h.must(err)
		b := h.as(root.ID).Go("/admin/people/" + anna.ID).Follow("Change").Check().Sees("There are: flock, sales")
		b.Fill("email", "no address").Fill("customer_number", "12").Fill("groups", "flock, nests").Press("submit").Status(422).Check()
		b.Sees("there is no group nests")
		b.Fill("groups", "flock, sales").Press("submit").Status(422).Check().Sees("This is not an email address.").Sees("A customer number has 4 to 20 digits.")
		b.Fill("email", "Anna.Berg@aviary.test").Fill("customer_number", "1000-011").Fill("name", "Anna Berg-Holm").Fill("language", "de").
			Fill("reason", "married").Press("submit").Status(200).Check().Sees("The changes are saved.").Sees("anna.berg@aviary.test").Sees("1000011").Sees("sales")
		if got := h.wrote(t, "anna@aviary.test"); len(got) != 1 || got[0] != "moved" {
			t.Errorf("the former address is written %q", got)
		}
		h.logged(anna.ID, storage.EmailChanged, root.ID, map[string]string{"from": "anna@aviary.test", "to": "anna.berg@aviary.test", "reason": "married"})
		h.logged(anna.ID, storage.GroupJoined, root.ID, map[string]string{"group": "sales"})
		if u, err := h.db.User(t.Context(), anna.ID); err != nil || u.LinkEmail != "anna.berg@aviary.test" || u.Claims["locale"] != "de" {
			t.Errorf("she is %+v, %v", u, err)
		}
		ben := h.person("ben@aviary.test", "")
		b.Go("/admin/people/"+ben.ID+"/change").Fill("email", "anna.berg@aviary.test").Press("submit").Status(422).Sees("Somebody else has this already.")
	})
}

// RG-06: of two who change what both have read, the second one learns it, and loses nothing of what they typed.
func TestOfTwoWhoChangeAPersonTheSecondLearnsOfTheFirst(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.person("anna@aviary.test", "")
		one, two := h.as(root.ID).Go("/admin/people/"+anna.ID+"/change"), h.as(root.ID).Go("/admin/people/"+anna.ID+"/change")
		one.Fill("name", "Anna One").Press("submit").Sees("The changes are saved.")
		two.Fill("name", "Anna Two").Press("submit").Status(409).Check().Sees("Somebody else has changed this meanwhile.")
		if u, err := h.db.User(t.Context(), anna.ID); err != nil || u.Name() != "Anna One" {
			t.Errorf("she is %s, %v", u.Name(), err)
		}
		if two.Value("name") != "Anna Two" {
			t.Error("what was typed is lost")
		}
		two.Press("submit").Sees("The changes are saved.").Sees("Anna Two")
	})
}

// AD-04: fields that no page has are refused, whatever they are called, and change nothing.
func TestNoFieldIsSetThatIsNotOnThePage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.person("anna@aviary.test", "")
		b := h.as(root.ID).Go("/admin/people/" + anna.ID + "/change")
		form := url.Values{"email": {anna.Email}, "name": {"Changed"}, "customer_number": {""}, "google_email": {""}, "language": {""}, "groups": {""},
			"updated": {b.Value("updated")}, "reason": {""}}
		for _, field := range []string{"role", "is_admin", "email_verified", "id", "password", "password_hash", "totp", "created", "created_at", "disabled", "state", "version"} {
			with := url.Values{field: {"admin"}}
			for name, values := range form {
				with[name] = values
			}
			b.Clone().Post(b.URL(), with).Status(400)
		}
		u, err := h.db.User(t.Context(), anna.ID)
		if err != nil || u.Name() == "Changed" || u.Role != "" || u.State != "active" {
			t.Errorf("she is %+v, %v", u, err)
		}
		b.Post(b.URL(), form).Status(200).Sees("Changed") // the same without it
	})
}

// AD-05: nobody changes their own role, ends their own account, or resets their own factors, and the last administrator stays.
func TestNobodyChangesTheirOwnRoleAndTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		b := h.as(root.ID).Go("/admin/people/" + root.ID).Status(200)
		for _, path := range []string{"role", "disable", "enable", "remove", "reset-2fa", "unlink-google"} {
			if strings.Contains(b.Body(), root.ID+"/"+path) {
				t.Errorf("the page leads to %s", path)
			}
			b.Clone().Go("/admin/people/" + root.ID + "/" + path).Status(403).Sees("You cannot do this to yourself")
			form := url.Values{"reason": {""}, "typed": {root.Email}}
			if path == "role" {
				form = url.Values{"reason": {""}, "role": {""}, "updated": {"1"}}
			}
			b.Clone().Post(issuer+"/admin/people/"+root.ID+"/"+path, form).Status(403).Sees("You cannot do this to yourself")
		}
		two := h.person("two@aviary.test", "admin")
		var wait sync.WaitGroup
		var errs [2]error
		for i, pair := range [2][2]storage.User{{root, two}, {two, root}} { // both at once: one of them must stay
			wait.Go(func() {
				by := admin.ActorOf(pair[0])
				_, errs[i] = h.desk.SetRole(t.Context(), by, pair[1].ID, admin.RoleChange{Role: "viewer", Updated: h.updated(pair[1].ID)})
			})
		}
		wait.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, storage.ErrLastAdmin) {
				t.Errorf("the other one: %v", err)
			}
		}
		admins, err := h.db.People(t.Context(), storage.PeopleFilter{Role: "admin"}, "", 10)
		if err != nil || won != 1 || len(admins.People) != 1 {
			t.Errorf("%d won, %d administrators are left, %v", won, len(admins.People), err)
		}
	})
}

// AD-05: with one administrator, an operator's other ways do not remove them either.
func TestTheLastAdministratorIsNotDisabledOrRemoved(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		by := admin.Operator()
		_, disable := h.desk.DisablePerson(t.Context(), by, root.ID, "")
		_, remove := h.desk.RemovePerson(t.Context(), by, root.ID, "")
		_, role := h.desk.SetRole(t.Context(), by, root.ID, admin.RoleChange{Updated: h.updated(root.ID)})
		for _, err := range []error{disable, remove, role} {
			if !errors.Is(err, storage.ErrLastAdmin) {
				t.Errorf("%v", err)
			}
		}
	})
}

// AD-07: whoever could say where the letters of an administrator go, or which Google account is theirs, would be that administrator.
func TestWhereSomebodyWithARoleIsWrittenToIsTheirsToChange(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, two, help := h.person("root@aviary.test", "admin"), h.person("two@aviary.test", "admin"), h.person("help@aviary.test", "helpdesk")
		evil := "attacker@gmail.test"
		for _, who := range []storage.User{two, help, root} {
			b := h.as(root.ID).Go("/admin/people/" + who.ID + "/change").Status(200).Check().Sees("nobody but them changes where letters go")
			for _, field := range []string{"email", "google_email"} {
				form := url.Values{field: {evil}, "name": {"X"}, "customer_number": {""}, "language": {""}, "groups": {""}, "updated": {b.Value("updated")}, "reason": {""}}
				b.Clone().Post(b.URL(), form).Status(403).Sees("are theirs to change")
			}
			if u, err := h.db.User(t.Context(), who.ID); err != nil || u.Email != who.Email || u.LinkEmail == evil {
				t.Errorf("%s is %+v, %v", who.Email, u, err)
			}
		}
		// A helpdesk does nothing to anybody who has a role.
		b := h.as(help.ID).Go("/admin/people/" + two.ID).Status(200).Check().SeesNot("What you can do")
		for _, path := range []string{"change", "reset-2fa", "disable", "sign-out", "remove", "reset-password", "link", "resend"} {
			b.Clone().Go("/admin/people/" + two.ID + "/" + path).Status(403)
			b.Clone().Post(issuer+"/admin/people/"+two.ID+"/"+path, url.Values{"reason": {""}}).Status(403)
		}
	})
}

// AD-07: an administrator takes another's role, moves the address, gives the role back, and is the other one.
func TestTheAddressesOfWhoHadARoleLatelyStayTheirs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, two := h.person("root@aviary.test", "admin"), h.person("two@aviary.test", "admin")
		by, evil := admin.ActorOf(root), "attacker@gmail.test"
		_, err := h.desk.SetRole(t.Context(), by, two.ID, admin.RoleChange{Updated: h.updated(two.ID)})
		h.must(err)
		for name, change := range map[string]admin.PersonChange{"address": {Email: &evil}, "address at Google": {GoogleEmail: &evil}} {
			change.Updated = h.updated(two.ID)
			if _, err := h.desk.ChangePerson(t.Context(), by, two.ID, change); !errors.Is(err, admin.ErrOwnAddress) {
				t.Errorf("another %s: %v, want ErrOwnAddress", name, err)
			}
		}
		b := h.as(root.ID).Go("/admin/people/" + two.ID + "/change").Check().Sees("nobody but them changes where letters go")
		b.Fill("name", "Two").Press("submit").Status(200).Sees("Two")
		h.desk.Now = func() time.Time { return h.db.Now().AddDate(0, 0, 31) }
		_, err = h.desk.ChangePerson(t.Context(), by, two.ID, admin.PersonChange{Email: &evil, Updated: h.updated(two.ID)})
		h.must(err) // as a person's like others'
	})
}

// AD-07: an address at Google that somebody set before the person got a role links nothing after it.
func TestWhoGetsARoleHasNoGoogleAccountLinkedByAnAddressThatOthersSet(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.person("anna@aviary.test", "")
		evil := "attacker@gmail.test"
		_, err := h.desk.ChangePerson(t.Context(), admin.ActorOf(root), anna.ID, admin.PersonChange{GoogleEmail: &evil, Updated: h.updated(anna.ID)})
		h.must(err)
		if got := h.wrote(t, anna.Email); len(got) != 1 || got[0] != "moved" {
			t.Errorf("she is written %q", got)
		}
		u, err := h.db.User(t.Context(), anna.ID)
		h.must(err)
		_, err = h.db.AddIdentity(t.Context(), storage.NewIdentity{Identity: storage.Identity{Issuer: "https://accounts.google.com", Subject: "evil",
			UserID: anna.ID, Email: evil}, UserVersion: u.Version}, storage.Event{})
		h.must(err)
		h.signedIn(anna.ID, nil)
		h.as(root.ID).Go("/admin/people/"+anna.ID).Follow("Role").Check().Sees("Whoever knows one of these").Sees(evil).Sees("Password").Sees("No authenticator app").Fill("role", "admin").Fill("reason", "new colleague").Press("submit").
			Check().Sees("The role is saved.")
		if _, err := h.db.UserByLinkEmail(t.Context(), evil); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("the address leads to somebody: %v", err)
		}
		if all, err := h.db.Identities(t.Context(), anna.ID); err != nil || len(all) != 0 {
			t.Errorf("%d accounts elsewhere from before are linked still, %v", len(all), err)
		}
		if all, err := h.db.SessionsOf(t.Context(), anna.ID); err != nil || len(all) != 0 {
			t.Errorf("%d sessions from before live on, %v", len(all), err)
		}
		if got := h.wrote(t, anna.Email); len(got) != 2 || got[1] != "role" {
			t.Errorf("she is written %q", got)
		}
		h.logged(anna.ID, storage.UserRoleChanged, root.ID, map[string]string{"to": "admin", "reason": "new colleague"})
	})
}

// AD-13: who is demoted or disabled is out at their next step, in a tab that is open already too.
func TestWhoLosesTheirRoleIsOutAtTheNextStep(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, two, anna := h.person("root@aviary.test", "admin"), h.person("two@aviary.test", "admin"), h.person("anna@aviary.test", "")
		tab := h.as(two.ID).Go("/admin/people/" + anna.ID + "/disable").Status(200)
		_, err := h.desk.SetRole(t.Context(), admin.ActorOf(root), two.ID, admin.RoleChange{Role: "viewer", Updated: h.updated(two.ID)})
		h.must(err)
		tab.Press("submit").Status(403)
		_, err = h.desk.DisablePerson(t.Context(), admin.ActorOf(root), two.ID, "")
		h.must(err)
		tab.StayOn("https://nowhere.test").Go("/admin/people")
		if !strings.HasPrefix(tab.Location(), issuer+"/login") {
			t.Errorf("a disabled one sees status %d", tab.StatusCode())
		}
		if u, err := h.db.User(t.Context(), anna.ID); err != nil || u.State != "active" {
			t.Errorf("she is %s, %v", u.State, err)
		}
	})
}
