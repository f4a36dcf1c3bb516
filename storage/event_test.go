package storage_test

import (
	"slices"
	"time"

	"github.com/doorward/doorward/storage"
)

// change is a method that writes an event: what must be there before, and the call.
type change struct {
	method  string
	prepare func(h *house) func() error
}

var by = storage.Event{Actor: "operator"}

func client(h *house) string {
	id := storage.NewID()
	h.must(h.AddClient(h.t.Context(), webClient(id), by))
	return id
}

var changesOfClients = []change{
	{"AddClient", func(h *house) func() error {
		return func() error { return h.AddClient(h.t.Context(), webClient(storage.NewID()), by) }
	}},
	{"SetClientDisabled", func(h *house) func() error {
		id := client(h)
		return func() error { return h.SetClientDisabled(h.t.Context(), id, true, by) }
	}},
	{"RegisterClient", func(h *house) func() error {
		c := dynamic(storage.NewID())
		return func() error { return h.RegisterClient(h.t.Context(), storage.Registration{Client: c}, by) }
	}},
	{"ChangeClient", func(h *house) func() error {
		c, err := h.Client(h.t.Context(), client(h))
		h.must(err)
		c.Name = "Another name"
		return func() error { return h.ChangeClient(h.t.Context(), c, by) }
	}},
	{"RemoveClient", func(h *house) func() error {
		id := client(h)
		return func() error { return h.RemoveClient(h.t.Context(), id, by) }
	}},
	{"DeclareClients", func(h *house) func() error {
		return func() error {
			return h.DeclareClients(h.t.Context(), []storage.Client{webClient("declared")}, by)
		}
	}},
	{"ApplyClients", func(h *house) func() error {
		return func() error {
			return second(h.ApplyClients(h.t.Context(), []storage.Client{webClient("applied")}, false, func(storage.ClientStep) storage.Event { return by }))
		}
	}},
	{"GiveConsent", func(h *house) func() error {
		return func() error {
			return h.GiveConsent(h.t.Context(), storage.Consent{UserID: h.user.ID, ClientID: "web", Scopes: []string{"email"}}, by)
		}
	}},
	{"WithdrawConsent", func(h *house) func() error {
		h.allow("email")
		return func() error { return h.WithdrawConsent(h.t.Context(), h.user.ID, "web", by) }
	}},
	{"RevokeGrant", func(h *house) func() error {
		g := h.grant(nil)
		return func() error { return h.RevokeGrant(h.t.Context(), g.ID, by) }
	}},
	{"BurnCode", func(h *house) func() error {
		g := h.code()
		return func() error { return h.BurnCode(h.t.Context(), g) }
	}},
}

var changesOfPeople = []change{
	{"AddUser", func(h *house) func() error {
		return func() error {
			return h.AddUser(h.t.Context(), person(storage.NewID()+"@example.com"), "hash", by)
		}
	}},
	{"ImportUsers", func(h *house) func() error {
		u := storage.User{Email: storage.NewID() + "@example.com", Groups: []string{"imported"}}
		return func() error {
			return second(h.ImportUsers(h.t.Context(), []storage.ImportedUser{{User: u}}, false, by))
		}
	}},
	{"SetUp", func(h *house) func() error {
		u := person(storage.NewID() + "@example.com")
		u.Role = "admin"
		s := storage.SetUp{ID: storage.NewID(), Until: h.Now().Add(time.Hour)}
		return func() error { return h.SetUp(h.t.Context(), s, u, "hash", by) }
	}},
	{"ChangeUser", func(h *house) func() error {
		return func() error { return h.edit(func(u *storage.User) { u.Email = storage.NewID() + "@example.com" }) }
	}},
	{"SetUserState", func(h *house) func() error {
		return func() error { return h.SetUserState(h.t.Context(), h.user.ID, "disabled", by) }
	}},
	{"DisableUser", func(h *house) func() error {
		return func() error { return second(h.DisableUser(h.t.Context(), h.user.ID, by)) }
	}},
	{"RemoveUser", func(h *house) func() error {
		return func() error { return second(h.RemoveUser(h.t.Context(), h.user.ID, by)) }
	}},
	{"SetProfile", func(h *house) func() error {
		return func() error {
			return h.SetProfile(h.t.Context(), h.user.ID, map[string]any{"name": "Another Name"}, by)
		}
	}},
	{"SetPassword", func(h *house) func() error {
		return func() error { return h.SetPassword(h.t.Context(), h.user.ID, "hash", "", by) }
	}},
	{"ChangePassword", func(h *house) func() error {
		c := storage.PasswordChange{UserID: h.user.ID, UserVersion: h.version(), Hash: "hash", Session: h.session.ID, Cookie: h.session.Cookie, Renewed: random()}
		return func() error { return second(h.ChangePassword(h.t.Context(), c, by)) }
	}},
	{"EndEverywhere", func(h *house) func() error {
		return func() error {
			_, _, err := h.EndEverywhere(h.t.Context(), h.user.ID, "", by)
			return err
		}
	}},
	{"PutGroup", func(h *house) func() error {
		return func() error {
			return second(h.PutGroup(h.t.Context(), storage.Group{Name: storage.NewID(), Title: "A group"}, by))
		}
	}},
	{"RemoveGroup", func(h *house) func() error {
		g, err := h.PutGroup(h.t.Context(), storage.Group{Name: storage.NewID(), Title: "A group"}, by)
		h.must(err)
		return func() error { return second(h.RemoveGroup(h.t.Context(), g.Name, by)) }
	}},
	{"AddMembers", func(h *house) func() error {
		g, err := h.PutGroup(h.t.Context(), storage.Group{Name: storage.NewID(), Title: "A group"}, by)
		h.must(err)
		return func() error { return second(h.AddMembers(h.t.Context(), g.Name, []string{h.user.ID}, by)) }
	}},
	{"RemoveMembers", func(h *house) func() error {
		return func() error { return second(h.RemoveMembers(h.t.Context(), "staff", []string{h.user.ID}, by)) }
	}},
}

var changesOfProofs = []change{
	{"Finish", func(h *house) func() error {
		in := h.attempt(storage.SignIn{UserVersion: h.version(), Trust: &storage.Trust{ID: storage.NewID(), Expires: h.Now().Add(time.Hour)}})
		return func() error { return second(h.Finish(h.t.Context(), in, storage.Event{})) }
	}},
	{"EndSession", func(h *house) func() error {
		return func() error { return h.EndSession(h.t.Context(), h.session.ID, by) }
	}},
	{"EndTrust", func(h *house) func() error {
		given := h.trust()
		return func() error { return h.EndTrust(h.t.Context(), h.user.ID, given.ID, by) }
	}},
	{"EndTrusts", func(h *house) func() error {
		h.trust()
		return func() error { return h.EndTrusts(h.t.Context(), h.user.ID, by) }
	}},
	{"PutLink", func(h *house) func() error {
		l := storage.Link{ID: storage.NewID(), Token: random(), Kind: storage.LinkReset, UserID: h.user.ID, Email: h.user.Email, Expires: h.Now().Add(time.Hour)}
		return func() error { return h.PutLink(h.t.Context(), l, by) }
	}},
	{"WithdrawLink", func(h *house) func() error {
		h.link(storage.LinkReset, h.user.Email)
		return func() error { return h.WithdrawLink(h.t.Context(), h.user.ID, storage.LinkReset, by) }
	}},
	{"AcceptLink", func(h *house) func() error {
		l := h.link(storage.LinkReset, h.user.Email)
		return func() error { return h.accept(l) }
	}},
	{"ConfirmAddress", func(h *house) func() error {
		l := h.link(storage.LinkAddress, storage.NewID()+"@example.com")
		return func() error { return second(h.ConfirmAddress(h.t.Context(), l.ID, by)) }
	}},
	{"RaiseAlarm", func(h *house) func() error {
		a := h.alarm("")
		return func() error { return second(h.RaiseAlarm(h.t.Context(), a, by)) }
	}},
	{"AddIdentity", func(h *house) func() error {
		n := h.identity(storage.NewID())
		return func() error { return h.linkUp(n) }
	}},
	{"RemoveIdentity", func(h *house) func() error {
		h.must(h.linkUp(h.identity(storage.NewID())))
		return func() error { return h.RemoveIdentity(h.t.Context(), h.user.ID, google, "", by) }
	}},
	{"AddAuthenticator", func(h *house) func() error {
		return func() error { return h.addDevice(storage.NewAuthenticator{Recovery: [][]byte{random()}}) }
	}},
	{"RemoveAuthenticator", func(h *house) func() error {
		h.must(h.addDevice(storage.NewAuthenticator{}))
		r := storage.Removal{UserID: h.user.ID, ID: h.devices()[0].ID, Last: true}
		return func() error { return h.RemoveAuthenticator(h.t.Context(), r, by) }
	}},
	{"ResetFactors", func(h *house) func() error {
		h.must(h.addDevice(storage.NewAuthenticator{}))
		return func() error { return h.ResetFactors(h.t.Context(), h.user.ID, by) }
	}},
	{"PutRecovery", func(h *house) func() error {
		h.must(h.addDevice(storage.NewAuthenticator{}))
		return func() error { return h.PutRecovery(h.t.Context(), h.user.ID, [][]byte{random()}, by) }
	}},
	{"UseRecovery", func(h *house) func() error {
		code := random()
		h.must(h.addDevice(storage.NewAuthenticator{Recovery: [][]byte{code}}))
		return func() error { return second(h.UseRecovery(h.t.Context(), h.user.ID, is(code), by)) }
	}},
}

var changesOfTheHouse = []change{
	{"FailLetter", func(h *house) func() error {
		h.post(storage.NewID(), time.Hour)
		l := h.claim(time.Minute)
		return func() error { return h.FailLetter(h.t.Context(), l, by) }
	}},
	{"RewrapWorkingKeys", func(h *house) func() error {
		k := storage.WorkingKey{ID: storage.NewID(), Purpose: storage.NewID(), Serial: 1, Sealed: random(), Master: "a", Created: h.Now()}
		h.must(h.AddWorkingKey(h.t.Context(), k))
		all, err := h.WorkingKeys(h.t.Context())
		h.must(err)
		for i := range all {
			all[i].Master = "b"
		}
		return func() error { return h.RewrapWorkingKeys(h.t.Context(), all, by) }
	}},
	{"ChangeSigningKeys", func(h *house) func() error {
		k := storage.SigningKey{ID: storage.NewID(), Alg: "ES256", Serial: 1, Public: random(), Sealed: random(), Created: h.Now(), Use: h.Now()}
		return func() error { return h.ChangeSigningKeys(h.t.Context(), []storage.SigningKey{k}, nil, by) }
	}},
	{"RetryLogouts", func(h *house) func() error {
		h.ended("web")
		l := h.claimLogout()
		h.must(h.FailLogout(h.t.Context(), l))
		return func() error { return second(h.RetryLogouts(h.t.Context(), h.user.ID, by)) }
	}},
	{"HurryLettersAs", func(h *house) func() error {
		return func() error { return h.HurryLettersAs(h.t.Context(), by) }
	}},
	{"PutSettings", func(h *house) func() error {
		_, version, err := h.Settings(h.t.Context())
		h.must(err)
		c := storage.SettingsChange{Put: []storage.Setting{{Name: "company", Value: storage.NewID()}}, Version: version}
		return func() error { return second(h.PutSettings(h.t.Context(), c, by)) }
	}},
	{"RaiseEpoch", func(h *house) func() error {
		return func() error { return second(h.RaiseEpoch(h.t.Context(), by)) }
	}},
	{"RestartChain", func(h *house) func() error {
		return func() error { return h.RestartChain(h.t.Context(), ours, by) }
	}},
	{"Record", func(h *house) func() error {
		return func() error { return h.Record(h.t.Context(), by) }
	}},
	{"Note", func(h *house) func() error {
		return func() error { return h.Note(h.t.Context(), by) }
	}},
}

var everyChange = slices.Concat(changesOfClients, changesOfPeople, changesOfProofs, changesOfTheHouse)
