package admin_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/google/go-cmp/cmp"
)

// said is an application as a command says it.
func said(id string) storage.Client {
	return storage.Client{ID: id, Name: "Wiki", Type: "web", AuthMethod: "client_secret_basic", RedirectURIs: []string{"https://wiki.test/cb"},
		GrantTypes: []string{"authorization_code", "refresh_token"}, RequirePKCE: true, IDTokenAlg: "ES256", Refresh: "offline", TokenFormat: "opaque"}
}

// lastOf is the last event about an application.
func (h *house) lastOf(id string) storage.Event {
	h.t.Helper()
	page, err := h.db.Log(h.t.Context(), storage.LogFilter{Client: id}, "", 1)
	h.must(err)
	if len(page.Events) == 0 {
		h.t.Fatalf("nothing happened to %s", id)
	}
	return page.Events[0]
}

func (h *house) put(p admin.AppPut) admin.MadeApp {
	h.t.Helper()
	made, err := h.desk.PutApp(h.t.Context(), admin.Operator(), p)
	h.must(err)
	return made
}

// RG-06: no flag says who may sign in, so it must not be open to everybody for another redirect URI.
func TestAnApplicationThatIsReplacedKeepsWhatOnlyTheConsoleSays(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		first := h.put(admin.AppPut{Record: said("wiki"), Reason: "the team wants one"})
		if e := h.lastOf("wiki"); e.Kind != storage.ClientAdded || e.Actor != "operator" || e.Data["reason"] != "the team wants one" || first.Secret == "" {
			t.Errorf("%+v", e)
		}
		now := h.client("wiki")
		now.Groups, now.People, now.RequireTOTP, now.Development, now.Tile, now.Profile, now.Disabled = []string{"staff"}, []string{"somebody"}, true, true, "web", "fapi2", true
		h.must(h.db.ChangeClient(t.Context(), now, storage.Event{}))
		now = h.client("wiki")

		other := said("wiki")
		other.RedirectURIs = []string{"https://wiki.test/else"}
		made := h.put(admin.AppPut{Record: other, Replace: true, Reason: "it has moved"})
		want := now
		want.RedirectURIs = other.RedirectURIs
		if diff := cmp.Diff(want, h.client("wiki"), cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Updated" }, cmp.Ignore())); diff != "" || made.Secret != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if diff := cmp.Diff(map[string]string{"changed": "redirect_uris", "reason": "it has moved"}, h.lastOf("wiki").Data); diff != "" {
			t.Error(diff)
		}
		if made = h.put(admin.AppPut{Record: other, Replace: true, NewSecret: true}); made.Secret == "" || h.lastOf("wiki").Data["changed"] != "secrets" {
			t.Errorf("%+v", h.lastOf("wiki"))
		}
		public := said("wiki")
		public.Type, public.AuthMethod = "browser", "none"
		made = h.put(admin.AppPut{Record: public, Replace: true})
		if got := h.client("wiki"); made.Secret != "" || got.Secrets[0] != nil || !slices.Equal(got.Groups, now.Groups) {
			t.Errorf("it kept %+v", got)
		}
		if changed := h.lastOf("wiki").Data["changed"]; changed != "redirect_uris secrets token_endpoint_auth_method type" {
			t.Errorf("it tells %q", changed)
		}
	})
}

func TestWhatMayNotBeReplacedIsNot(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.owned("declared", "file")
		h.owned("applied", "applied")
		h.owned("itself", "dynamic")
		pair := said("pair")
		pair.Sector = "pair.test"
		h.put(admin.AppPut{Record: pair})
		for id, want := range map[string]error{"declared": admin.ErrDeclared, "applied": admin.ErrDeclared, "itself": admin.ErrItself, "pair": &admin.OtherSector{}} {
			before := h.client(id)
			_, err := h.desk.PutApp(t.Context(), admin.Operator(), admin.AppPut{Record: said(id), Replace: true})
			if other := (*admin.OtherSector)(nil); !errors.Is(err, want) && !(errors.As(err, &other) && other.Sector == "pair.test" && id == "pair") {
				t.Errorf("%s: %v", id, err)
			}
			if !h.client(id).Updated.Equal(before.Updated) {
				t.Errorf("%s was changed", id)
			}
		}
		if _, err := h.desk.PutApp(t.Context(), admin.Operator(), admin.AppPut{Record: pair}); !errors.Is(err, admin.ErrThere) {
			t.Errorf("nobody said that it may be replaced: %v", err)
		}
	})
}

// Found out where it is named, and not at the application's first request: the page and the API took it.
func TestKeysThatVerifyNothingAreRefusedByEveryFace(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, b, _ := h.apps()
		h.put(admin.AppPut{Record: said("wiki")})
		const useless = `{"keys":[{"kty":"EC","crv":"P-384","x":"lInTxl8fjLKp_UCrxI0WDklahi-7-_6JbtiHjiRvMvhedhKVdHBfi2HCY8t_QJyc","y":"y6N1IC-2mXxHreETBW7K3mBcw0qGr3CWHCs-yl09yCQRLcyfGv7XhqAngHOu51Zv"}]}`
		b.Go("/admin/apps/wiki/settings").Fill("jwks", useless).Press("submit").Status(http.StatusUnprocessableEntity).Check().Sees("no key for")
		state := h.calls("write", "GET", "/apps/wiki", "").is(http.StatusOK).header.Get("Etag")
		h.calls("write", "PATCH", "/apps/wiki", `{"jwks":`+useless+`}`, "If-Match", state).is(http.StatusUnprocessableEntity)
		for _, replace := range []string{"wiki", "new"} {
			keyed := said(replace)
			keyed.JWKS = []byte(useless)
			_, err := h.desk.PutApp(t.Context(), admin.Operator(), admin.AppPut{Record: keyed, Replace: true})
			if bad := (*storage.Invalid)(nil); !errors.As(err, &bad) || bad.Field != "jwks" {
				t.Errorf("%s: %v", replace, err)
			}
		}
	})
}

func TestAFileLeavesTheLinesInTheLogThatTheSameChangesLeave(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.put(admin.AppPut{Record: said("kept")})
		apply := func(f admin.File) (*admin.Plan, error) {
			f.Reason = "as agreed"
			return h.desk.Apply(t.Context(), admin.Operator(), f)
		}
		filed := func(id string) storage.Client {
			c := said(id)
			c.Secrets = [2][]byte{make([]byte, 32)}
			return c
		}
		moved := said("a")
		moved.RedirectURIs = []string{"https://else.test/cb"}
		company := "Aviary"
		for _, step := range []struct {
			file admin.File
			want map[string]string // id -> kind and what the event tells
		}{
			{admin.File{Apps: []storage.Client{filed("a"), filed("b")}, Settings: map[string]*string{"company": &company}},
				map[string]string{"a": "client.added as agreed", "b": "client.added as agreed"}},
			{admin.File{Apps: []storage.Client{moved, said("kept")}, Adopt: true},
				map[string]string{"a": "client.changed as agreed redirect_uris", "b": "client.removed as agreed Wiki", "kept": "client.changed as agreed owner"}},
		} {
			dry := step.file
			dry.Dry = true
			before := h.newest()
			planned, err := apply(dry)
			if err != nil || h.newest() != before {
				t.Fatalf("a look does something, or %v", err)
			}
			done, err := apply(step.file)
			if err != nil || done.Empty() || len(done.Apps) != len(planned.Apps) || len(done.Settings) != len(planned.Settings) {
				t.Fatalf("%+v, planned %+v, %v", done, planned, err)
			}
			for id, want := range step.want {
				e := h.lastOf(id)
				got := []string{e.Kind, e.Data["reason"]}
				if more := e.Data["changed"] + e.Data["name"]; more != "" {
					got = append(got, more)
				}
				if strings.Join(got, " ") != want || e.Actor != "operator" {
					t.Errorf("%s: %+v", id, e)
				}
			}
		}
		page, err := h.db.Log(t.Context(), storage.LogFilter{Kind: storage.SettingsChanged}, "", 1)
		if err != nil || len(page.Events) != 1 || page.Events[0].Data["company"] != company || page.Events[0].Data["reason"] != "as agreed" {
			t.Errorf("%+v, %v", page.Events, err)
		}
	})
}

func TestAFileThatCannotBeFollowedIsNotBegun(t *testing.T) {
	h := open(t)
	h.put(admin.AppPut{Record: said("drifts")})
	drifted, added := said("drifts"), said("new")
	drifted.RedirectURIs, added.Secrets = []string{"https://else.test/cb"}, [2][]byte{make([]byte, 32)}
	before := h.newest()
	if plan, err := h.desk.Apply(t.Context(), admin.Operator(), admin.File{Apps: []storage.Client{drifted, added}}); !errors.Is(err, admin.ErrBlocked) || plan.Blocked() != 1 || len(plan.Apps) != 2 {
		t.Errorf("%+v, %v", plan, err)
	}
	bad := (*admin.AppsFault)(nil)
	if plan, err := h.desk.Apply(t.Context(), admin.Operator(), admin.File{Apps: []storage.Client{said("new")}}); plan != nil || !errors.As(err, &bad) {
		t.Errorf("it has no secret: %+v, %v", plan, err)
	}
	if h.newest() != before {
		t.Error("something was done")
	}
}

// What is done on the machine itself is done there alone, whatever rights somebody has (AD-04).
func TestOnlyTheOperatorEndsEverything(t *testing.T) {
	h := open(t)
	root := admin.ActorOf(h.person("root@aviary.test", "admin"))
	_, err := h.desk.RaiseEpoch(t.Context(), root, "")
	_, err2 := h.desk.RewrapKeys(t.Context(), root, keys.Master{}, "")
	for _, err := range []error{err, err2, h.desk.RestartLog(t.Context(), root, "")} {
		if !errors.Is(err, admin.ErrForbidden) {
			t.Errorf("an administrator did it: %v", err)
		}
	}
	before, err := h.db.Epoch(t.Context())
	h.must(err)
	h.clock.ahead.Add(int64(time.Second))
	after, err := h.desk.RaiseEpoch(t.Context(), admin.Operator(), "the database was copied")
	if err != nil || after <= before {
		t.Errorf("%d after %d, %v", after, before, err)
	}
	page, err := h.db.Log(t.Context(), storage.LogFilter{Kind: storage.EpochRaised}, "", 1)
	if err != nil || len(page.Events) != 1 || page.Events[0].Data["reason"] != "the database was copied" {
		t.Errorf("%+v, %v", page.Events, err)
	}
}

func TestAReasonIsOneLineOfThreeHundredCharacters(t *testing.T) {
	for text, good := range map[string]bool{"": true, "für Ähre": true, " " + strings.Repeat("ä", 300) + " ": true, strings.Repeat("ä", 301): false,
		"two\nlines": false, "a\x1b[31m": false, "\u202etrick": false} {
		if err := admin.CheckReason(text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}
