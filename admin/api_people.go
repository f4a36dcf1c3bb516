package admin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/doorward/doorward/storage"
)

var peopleCalls = []call{
	{method: "GET", path: "/people", right: LookPeople, name: "listPeople", says: "People, by address. A page may be short and have a next. state is active, disabled or invited, or how far those have come: opened, expired, withdrawn, none. lacks is totp or sign-in.", query: []string{"search", "group", "state", "role", "lacks", "after", "limit"}, out: PeoplePage{},
		do: func(v *apiVisit) (any, error) {
			part, err := v.part("after")
			if err != nil {
				return nil, err
			}
			return v.Desk.People(v.ctx, v.peopleFilter(), part)
		}},
	{method: "POST", path: "/people", right: KeepPeople, name: "invitePerson", says: "Adds somebody and mails them the way in; letter says whether one is on its way.", in: NewPerson{}, out: Welcome{}, status: http.StatusCreated, again: true,
		do: func(v *apiVisit) (any, error) {
			in, err := body[NewPerson](v)
			if err != nil {
				return nil, err
			}
			return v.Desk.Invite(v.ctx, v.by, in)
		}},
	{method: "GET", path: "/people/{id}", right: LookPeople, name: "getPerson", says: "Somebody, with ways in, sessions, trusted browsers and applications.", out: PersonDetail{},
		do: func(v *apiVisit) (any, error) { return v.Desk.Person(v.ctx, v.id("id")) }},
	{method: "PATCH", path: "/people/{id}", right: KeepPeople, name: "changePerson", says: "Changes what the body names.", in: PersonChange{}, out: Person{}, guarded: true,
		do: func(v *apiVisit) (any, error) {
			in, err := body[PersonChange](v)
			if err != nil {
				return nil, err
			}
			if in.Updated, err = v.updated(); err != nil {
				return nil, err
			}
			return v.Desk.ChangePerson(v.ctx, v.by, v.id("id"), in)
		}},
	{method: "DELETE", path: "/people/{id}", right: KeepPeople, name: "removePerson", says: "Deletes somebody; everything of theirs ends, and the log keeps what happened.", query: []string{"reason"}, out: Ended{},
		do: func(v *apiVisit) (any, error) {
			return v.Desk.RemovePerson(v.ctx, v.by, v.id("id"), v.query.Get("reason"))
		}},
	{method: "PUT", path: "/people/{id}/role", right: KeepAll, name: "setRole", says: "Gives somebody a role (admin, viewer, helpdesk) or takes it (an empty one).", in: RoleChange{}, out: Person{}, guarded: true,
		do: func(v *apiVisit) (any, error) {
			in, err := body[RoleChange](v)
			if err != nil {
				return nil, err
			}
			if in.Updated, err = v.updated(); err != nil {
				return nil, err
			}
			return v.Desk.SetRole(v.ctx, v.by, v.id("id"), in)
		}},
	personAct("disable", "disablePerson", "Signs somebody out everywhere and lets them in no more.", Ended{}, func(v *apiVisit, why string) (any, error) {
		return v.Desk.DisablePerson(v.ctx, v.by, v.id("id"), why)
	}),
	personAct("enable", "enablePerson", "Lets somebody in again who was disabled.", Person{}, func(v *apiVisit, why string) (any, error) {
		return v.Desk.EnablePerson(v.ctx, v.by, v.id("id"), why)
	}),
	personAct("sign-out", "signOutPerson", "Ends all sessions, trusted browsers and tokens.", Ended{}, func(v *apiVisit, why string) (any, error) {
		return v.Desk.SignOutPerson(v.ctx, v.by, v.id("id"), why)
	}),
	personAct("reset-2fa", "resetTwoFactor", "Removes authenticator apps and recovery codes, for a lost phone.", Ended{}, func(v *apiVisit, why string) (any, error) {
		return v.Desk.ResetTwoFactor(v.ctx, v.by, v.id("id"), why)
	}),
	again(personAct("reset-password", "sendPasswordReset", "Mails a link to a new password.", nil, func(v *apiVisit, why string) (any, error) {
		return nil, v.Desk.SendPasswordReset(v.ctx, v.by, v.id("id"), why)
	})),
	personAct("unlink-google", "unlinkGoogle", "Takes Google from somebody's ways in.", nil, func(v *apiVisit, why string) (any, error) {
		return nil, v.Desk.UnlinkGoogle(v.ctx, v.by, v.id("id"), why)
	}),
	again(personAct("invitation", "resendInvitation", "Mails the way in once more; earlier letters open nothing any more.", Invited{}, func(v *apiVisit, why string) (any, error) {
		return v.Desk.ResendInvitation(v.ctx, v.by, v.id("id"), why)
	})),
	again(personAct("invitation-link", "makeInvitationLink", "Makes the way in as a link, told once, for a mailbox out of reach.", InvitationLink{}, func(v *apiVisit, why string) (any, error) {
		return v.Desk.InvitationLink(v.ctx, v.by, v.id("id"), why)
	})),
	{method: "DELETE", path: "/people/{id}/invitation", right: KeepPeople, name: "withdrawInvitation", says: "Lets the invitation open nothing any more.", query: []string{"reason"}, status: http.StatusNoContent,
		do: func(v *apiVisit) (any, error) {
			return nil, v.Desk.WithdrawInvitation(v.ctx, v.by, v.id("id"), v.query.Get("reason"))
		}},
	{method: "DELETE", path: "/people/{id}/sessions/{session}", right: KeepPeople, name: "endSession", says: "Ends one session.", query: []string{"reason"}, status: http.StatusNoContent,
		do: func(v *apiVisit) (any, error) {
			return nil, v.Desk.EndPersonSession(v.ctx, v.by, v.id("id"), v.id("session"), v.query.Get("reason"))
		}},
	{method: "DELETE", path: "/people/{id}/trusts/{trust}", right: KeepPeople, name: "endTrust", says: "Lets one browser be trusted no more.", query: []string{"reason"}, status: http.StatusNoContent,
		do: func(v *apiVisit) (any, error) {
			return nil, v.Desk.EndPersonTrust(v.ctx, v.by, v.id("id"), v.id("trust"), v.query.Get("reason"))
		}},
	{method: "GET", path: "/people/{id}/receipts/{receipt}", right: LookPeople, name: "getReceipt", says: "What has ended, and how far applications have been told.", out: Ended{},
		do: func(v *apiVisit) (any, error) { return v.Desk.Receipt(v.ctx, v.id("id"), v.id("receipt")) }},
	{method: "POST", path: "/people/{id}/receipts/{receipt}/retry", right: KeepPeople, name: "retryReceipt", says: "Tells applications again that nobody tells any more; 409 when there is none.", in: Reason{}, out: Ended{},
		do: func(v *apiVisit) (any, error) {
			in, err := body[Reason](v)
			if err != nil {
				return nil, err
			}
			return v.Desk.TellAgain(v.ctx, v.by, v.id("id"), v.id("receipt"), in.Reason)
		}},
	{method: "GET", path: "/people-export", right: LookPeople, name: "exportPeople", says: "People as CSV.", query: []string{"search", "group", "state", "role", "lacks"}, gives: "text/csv",
		do: func(v *apiVisit) (any, error) {
			return nil, download{"people.csv", "text/csv; charset=utf-8"}.send(v.w, v.r, func(ctx context.Context, w io.Writer) error {
				return v.Desk.ExportPeople(ctx, v.by, v.peopleFilter(), w)
			})
		}},
	{method: "POST", path: "/people-import", right: KeepAll, name: "importPeople", says: "Adds people from CSV of at most 8 MiB; nothing is added unless dry_run is false.", query: []string{"dry_run"}, takes: "text/csv", out: ImportReport{}, again: true,
		do: func(v *apiVisit) (any, error) {
			ctx, done := patiently(v.w, v.r, importFor)
			defer done()
			return v.importList(ctx, v.by, bytes.NewReader(v.body), v.query.Get("dry_run") != "false")
		}},
}

// personAct is a call that does something to a person, for a reason.
func personAct(path, name, says string, out any, do func(*apiVisit, string) (any, error)) call {
	status := 0
	if out == nil {
		status = http.StatusNoContent
	}
	return call{method: "POST", path: "/people/{id}/" + path, right: KeepPeople, name: name, says: says, in: Reason{}, out: out, status: status,
		do: func(v *apiVisit) (any, error) {
			in, err := body[Reason](v)
			if err != nil {
				return nil, err
			}
			return do(v, in.Reason)
		}}
}

// again is a call that makes a link or a letter, and not two where it is sent twice.
func again(c call) call {
	c.again = true
	return c
}

func (v *apiVisit) peopleFilter() storage.PeopleFilter {
	q := v.query
	return storage.PeopleFilter{Search: q.Get("search"), Group: q.Get("group"), State: q.Get("state"), Role: q.Get("role"), Lacks: q.Get("lacks")}
}

// readList reads the body of an import, which has one media type.
func (v *apiVisit) readList() ([]byte, error) {
	if t := v.r.Header.Get("Content-Type"); t != "text/csv" && t != "text/csv; charset=utf-8" {
		return nil, &problem{status: http.StatusUnsupportedMediaType, detail: "the body must be text/csv in UTF-8"}
	}
	list, err := io.ReadAll(http.MaxBytesReader(v.w, v.r.Body, MaxImport))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, &problem{status: http.StatusRequestEntityTooLarge, detail: "the list is larger than 8 MiB"}
	}
	if err != nil {
		return nil, &problem{status: http.StatusBadRequest, detail: "the list could not be read to its end"}
	}
	return list, nil
}

var groupCalls = []call{
	{method: "GET", path: "/groups", right: LookPeople, name: "listGroups", says: "Groups, by name.", query: []string{"after", "limit"}, out: GroupsPage{},
		do: func(v *apiVisit) (any, error) {
			part, err := v.part("after")
			if err != nil {
				return nil, err
			}
			return v.Desk.Groups(v.ctx, part)
		}},
	{method: "POST", path: "/groups", right: KeepAll, name: "addGroup", says: "Adds a group without members.", in: NewGroup{}, out: Group{}, status: http.StatusCreated, again: true,
		do: func(v *apiVisit) (any, error) {
			in, err := body[NewGroup](v)
			if err != nil {
				return nil, err
			}
			return v.Desk.AddGroup(v.ctx, v.by, in)
		}},
	{method: "GET", path: "/groups/{name}", right: LookPeople, name: "getGroup", says: "One group; its members are people by group.", out: Group{},
		do: func(v *apiVisit) (any, error) { return v.Desk.Group(v.ctx, v.id("name")) }},
	{method: "PATCH", path: "/groups/{name}", right: KeepAll, name: "changeGroup", says: "Changes what the body names.", in: GroupChange{}, out: Group{}, guarded: true,
		do: func(v *apiVisit) (any, error) {
			in, err := body[GroupChange](v)
			if err != nil {
				return nil, err
			}
			if in.Updated, err = v.updated(); err != nil {
				return nil, err
			}
			return v.Desk.ChangeGroup(v.ctx, v.by, v.id("name"), in)
		}},
	{method: "DELETE", path: "/groups/{name}", right: KeepAll, name: "removeGroup", says: "Removes a group; nobody is in it any more.", query: []string{"reason"}, out: Count{},
		do: func(v *apiVisit) (any, error) {
			ctx, done := patiently(v.w, v.r, importFor) // each of its members is written
			defer done()
			n, err := v.Desk.RemoveGroup(ctx, v.by, v.id("name"), v.query.Get("reason"))
			return Count{n}, err
		}},
	{method: "POST", path: "/groups/{name}/members", right: KeepPeople, name: "addMembers", says: "Puts people into a group, by address or number: all of them, or nobody.", in: MembersChange{}, out: MembersChanged{},
		do: func(v *apiVisit) (any, error) {
			in, err := body[MembersChange](v)
			if err != nil {
				return nil, err
			}
			return v.Desk.AddMembers(v.ctx, v.by, v.id("name"), in)
		}},
	{method: "POST", path: "/groups/{name}/members/removal", right: KeepPeople, name: "removeMembers", says: "Takes people out of a group.", in: MembersChange{}, out: MembersChanged{},
		do: func(v *apiVisit) (any, error) {
			in, err := body[MembersChange](v)
			if err != nil {
				return nil, err
			}
			return v.Desk.RemoveMembers(v.ctx, v.by, v.id("name"), in)
		}},
}
