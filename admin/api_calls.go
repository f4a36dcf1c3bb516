package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/doorward/doorward/storage"
)

// Reason is the body of what is done to somebody or something: why, for the log.
type Reason struct {
	Reason string `json:"reason,omitempty"`
}

// AppsPage is a part of the applications, by id; Next is the cursor of the part after it, "" none.
type AppsPage struct {
	Apps []App  `json:"apps"`
	Next string `json:"next,omitempty"`
}

// AppPatch is what may be changed of an application; what is not there stays.
type AppPatch struct {
	AppSettings
	AppAccess
	Reason string `json:"reason,omitempty"`
}

// AppInvite asks for a token by which applications register themselves.
type AppInvite struct {
	Uses int `json:"uses"`
	Days int `json:"days"`
}

// Lists, so that every answer is an object.
type (
	// TileList are the kinds of applications that can be connected.
	TileList struct {
		Tiles []Tile `json:"tiles"`
	}
	// ProblemList is what went wrong with an application.
	ProblemList struct {
		Problems []AppProblem `json:"problems"`
	}
	// KeyList are the published keys.
	KeyList struct {
		Keys []SigningKey `json:"keys"`
	}
	// SettingsList is what can be set, and the version that it is of.
	SettingsList struct {
		Settings []Setting `json:"settings"`
		Version  int64     `json:"version"`
	}
	// SenderList is what others find about the sender.
	SenderList struct {
		Records []SenderRecord `json:"records"`
	}
)

// SettingsPatch sets some settings, by path; null goes back to the default.
type SettingsPatch struct {
	Settings map[string]*string `json:"settings"`
}

// Rotation asks for the next keys.
type Rotation struct {
	AtOnce bool   `json:"at_once,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// TestLetter asks for a test letter.
type TestLetter struct {
	To string `json:"to"`
}

// Count is how many it was.
type Count struct {
	Count int `json:"count"`
}

// calls is the table of the API. What does not stand here does not exist, and a test holds every line against every token.
func calls() []call {
	return slices.Concat(appCalls, peopleCalls, groupCalls, logCalls, houseCalls)
}

var appCalls = []call{
	{method: "GET", path: "/tiles", right: LookAll, name: "listTiles", says: "The kinds of applications that can be connected.", out: TileList{},
		do: func(*apiVisit) (any, error) { return TileList{Tiles()}, nil }},
	{method: "GET", path: "/apps", right: LookAll, name: "listApps", says: "Applications, by client_id.", query: []string{"search", "owner", "state", "group", "after", "limit"}, out: AppsPage{},
		do: func(v *apiVisit) (any, error) {
			part, err := v.part("after")
			if err != nil {
				return nil, err
			}
			q := v.query
			apps, next, err := v.Desk.Apps(v.ctx, AppFilter{Search: q.Get("search"), Owner: q.Get("owner"), State: q.Get("state"), Group: q.Get("group")}, part)
			return AppsPage{apps, next}, err
		}},
	{method: "POST", path: "/apps", right: KeepAll, name: "addApp", says: "Connects an application by its tile. The secret is told once.", in: NewApp{}, out: MadeApp{}, status: http.StatusCreated, again: true,
		do: func(v *apiVisit) (any, error) {
			in, err := body[NewApp](v)
			if err != nil {
				return nil, err
			}
			return v.Desk.AddApp(v.ctx, v.by, in)
		}},
	{method: "GET", path: "/apps/{id}", right: LookAll, name: "getApp", says: "One application.", out: App{},
		do: func(v *apiVisit) (any, error) { return v.Desk.App(v.ctx, v.id("id")) }},
	{method: "PATCH", path: "/apps/{id}", right: KeepAll, name: "changeApp", says: "Changes what the body names. A client_secret is in the answer where the application needs one now.", in: AppPatch{}, out: MadeApp{}, guarded: true,
		do: (*apiVisit).patchApp},
	{method: "DELETE", path: "/apps/{id}", right: KeepAll, name: "removeApp", says: "Removes an application and ends what it was allowed.", query: []string{"reason"}, out: AppUse{},
		do: func(v *apiVisit) (any, error) {
			return v.Desk.RemoveApp(v.ctx, v.by, v.id("id"), v.query.Get("reason"))
		}},
	{method: "POST", path: "/apps/{id}/secrets", right: KeepAll, name: "addSecret", says: "Makes a second secret, told once; both are good.", in: Reason{}, out: MadeApp{}, status: http.StatusCreated, again: true,
		do: func(v *apiVisit) (any, error) {
			in, err := body[Reason](v)
			if err != nil {
				return nil, err
			}
			return v.Desk.AddSecret(v.ctx, v.by, v.id("id"), in.Reason)
		}},
	{method: "DELETE", path: "/apps/{id}/secrets/{secret}", right: KeepAll, name: "removeSecret", says: "Removes one of two secrets.", query: []string{"reason"}, out: App{},
		do: func(v *apiVisit) (any, error) {
			return v.Desk.RemoveSecret(v.ctx, v.by, v.id("id"), v.id("secret"), v.query.Get("reason"))
		}},
	{method: "POST", path: "/apps/{id}/disable", right: KeepAll, name: "disableApp", says: "Nobody signs in to it, and its tokens are refused.", in: Reason{}, out: App{},
		do: (*apiVisit).switchApp},
	{method: "POST", path: "/apps/{id}/enable", right: KeepAll, name: "enableApp", says: "Takes that back.", in: Reason{}, out: App{},
		do: (*apiVisit).switchApp},
	{method: "GET", path: "/apps/{id}/use", right: LookAll, name: "getAppUse", says: "How an application is used.", out: AppUse{},
		do: func(v *apiVisit) (any, error) { return v.Desk.AppUse(v.ctx, v.id("id")) }},
	{method: "GET", path: "/apps/{id}/problems", right: LookAll, name: "listAppProblems", says: "What went wrong with an application in the last seven days.", out: ProblemList{},
		do: func(v *apiVisit) (any, error) {
			list, err := v.Desk.AppProblems(v.ctx, v.id("id"))
			return ProblemList{append([]AppProblem{}, list...)}, err
		}},
	{method: "POST", path: "/app-invitations", right: KeepAll, name: "inviteApp", says: "Makes an initial access token (RFC 7591 §3), told once.", in: AppInvite{}, out: AppInvitation{}, status: http.StatusCreated, again: true,
		do: func(v *apiVisit) (any, error) {
			in, err := body[AppInvite](v)
			if err != nil {
				return nil, err
			}
			return v.Desk.InviteApp(v.ctx, v.by, NewAppInvitation{Uses: in.Uses, Life: days(in.Days)})
		}},
}

// patchApp lays the body over the application as it was read.
func (v *apiVisit) patchApp() (any, error) {
	at, err := v.updated()
	if err != nil {
		return nil, err
	}
	a, err := v.Desk.App(v.ctx, v.id("id"))
	if err != nil {
		return nil, err
	}
	if !a.Updated.Equal(at) { // what the body is laid over must be what was read
		return nil, storage.ErrConflict
	}
	var in AppPatch
	if err := errors.Join(copied(a.AppSettings, &in.AppSettings), copied(a.AppAccess, &in.AppAccess)); err != nil {
		return nil, err
	}
	if err := v.into(&in); err != nil {
		return nil, err
	}
	change := AppChange{ID: a.ID, Updated: at, Reason: in.Reason}
	if !reflect.DeepEqual(in.AppSettings, a.AppSettings) { // those of one that registered itself are its own; who may sign in is not
		change.Settings = &in.AppSettings
	}
	if change.Settings == nil || !reflect.DeepEqual(in.AppAccess, a.AppAccess) {
		change.Access = &in.AppAccess
	}
	return v.Desk.ChangeApp(v.ctx, v.by, change)
}

// copied gives to what from is, with lists of its own: JSON that is laid over a list writes into the one that is there, which may be that
// of a record that others read at this moment.
func copied[T any](from T, to *T) error {
	text, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}

func (v *apiVisit) switchApp() (any, error) {
	in, err := body[Reason](v)
	if err != nil {
		return nil, err
	}
	return v.Desk.SwitchApp(v.ctx, v.by, v.id("id"), v.call.name == "disableApp", in.Reason)
}

var logCalls = []call{
	{method: "GET", path: "/log", right: LookPeople, name: "listEvents", says: "Events, the newest first. A page may be short and have a next. kind is one, or a family like sign_in.",
		query: []string{"user", "client", "kind", "result", "sign_in", "reference", "address", "from", "until", "before", "limit"}, out: LogPage{},
		do: (*apiVisit).listEvents},
	{method: "GET", path: "/log/{id}", right: LookPeople, name: "getEvent", says: "One event.", out: Event{},
		do: func(v *apiVisit) (any, error) { return v.Desk.Event(v.ctx, v.by, v.id("id")) }},
	{method: "GET", path: "/log/{id}/sign-in", right: LookPeople, name: "inspectSignIn", says: "The sign-in that an event belongs to, as a line of time.", out: Inspection{},
		do: func(v *apiVisit) (any, error) { return v.Desk.Inspect(v.ctx, v.by, v.id("id")) }},
	{method: "POST", path: "/log-verification", right: LookAll, name: "verifyLog", says: "Reads the whole log and says whether it is as it was written.", out: Verification{},
		do: func(v *apiVisit) (any, error) {
			ctx, done := patiently(v.w, v.r, verifyFor)
			defer done()
			return v.Desk.VerifyLog(ctx, v.by)
		}},
}

func (v *apiVisit) listEvents() (any, error) {
	part, err := v.part("before")
	if err != nil {
		return nil, err
	}
	q := v.query
	f := storage.LogFilter{User: q.Get("user"), Client: q.Get("client"), Kind: q.Get("kind"), Result: q.Get("result"), Attempt: q.Get("sign_in"), Reference: q.Get("reference"), Address: q.Get("address")}
	for name, at := range map[string]*time.Time{"from": &f.From, "until": &f.Until} {
		if text := q.Get(name); text != "" {
			if *at, err = time.Parse(time.RFC3339, text); err != nil {
				return nil, &problem{status: http.StatusBadRequest, detail: name + " is not a time of RFC 3339"}
			}
		}
	}
	return v.Desk.Log(v.ctx, v.by, f, part)
}

var houseCalls = []call{
	{method: "GET", path: "/overview", right: LookAll, name: "getOverview", says: "How the house stands.", out: Overview{},
		do: func(v *apiVisit) (any, error) { return v.Desk.Overview(v.ctx) }},
	{method: "GET", path: "/keys", right: LookAll, name: "listKeys", says: "The published signing keys.", out: KeyList{},
		do: func(v *apiVisit) (any, error) {
			list, err := v.Desk.SigningKeys(v.ctx)
			return KeyList{list}, err
		}},
	{method: "POST", path: "/keys/rotation", right: KeepAll, name: "rotateKeys", says: "Publishes the next keys; at_once lets them sign immediately, and applications that cache keys refuse tokens for a while.", in: Rotation{}, out: KeyList{}, again: true,
		do: func(v *apiVisit) (any, error) {
			in, err := body[Rotation](v)
			if err != nil {
				return nil, err
			}
			if err := v.Desk.RotateKeys(v.ctx, v.by, in.AtOnce, in.Reason); err != nil {
				return nil, err
			}
			list, err := v.Desk.SigningKeys(v.ctx)
			return KeyList{list}, err
		}},
	{method: "GET", path: "/mail", right: LookAll, name: "getMail", says: "How mail stands.", out: MailHealth{},
		do: func(v *apiVisit) (any, error) { return v.Desk.House.Mail(), nil }},
	{method: "GET", path: "/mail/sender", right: LookAll, name: "getSender", says: "MX, SPF, DKIM and DMARC of the sender.", out: SenderList{},
		do: func(v *apiVisit) (any, error) {
			return SenderList{append([]SenderRecord{}, v.Desk.House.Sender(v.ctx)...)}, nil
		}},
	{method: "GET", path: "/mail/letters", right: LookAll, name: "listLetters", says: "Letters on their way, without what stands in them.", query: []string{"after", "limit"}, out: OutboxPage{},
		do: func(v *apiVisit) (any, error) {
			part, err := v.part("after")
			if err != nil {
				return nil, err
			}
			return v.Desk.Outbox(v.ctx, part)
		}},
	{method: "POST", path: "/mail/test", right: KeepAll, name: "testMail", says: "Sends a test letter and tells the dialogue with the mail server.", in: TestLetter{}, out: MailTest{},
		do: func(v *apiVisit) (any, error) {
			in, err := body[TestLetter](v)
			if err != nil {
				return nil, err
			}
			return v.Desk.TestMail(v.ctx, v.by, in.To)
		}},
	{method: "GET", path: "/settings", right: LookAll, name: "listSettings", says: "What can be set, and who has set it. Secrets are never told.", out: SettingsList{},
		do: func(v *apiVisit) (any, error) { return v.settings() }},
	{method: "PATCH", path: "/settings", right: KeepAll, name: "changeSettings", says: "Sets what the body names, all or nothing.", in: SettingsPatch{}, out: SettingsList{}, guarded: true,
		do: func(v *apiVisit) (any, error) {
			in, err := body[SettingsPatch](v)
			if err != nil {
				return nil, err
			}
			version, ours := v.match(10)
			if !ours {
				return nil, storage.ErrConflict
			}
			if err := v.Desk.ChangeSettings(v.ctx, v.by, in.Settings, version); err != nil {
				return nil, err
			}
			return v.settings()
		}},
}

func (v *apiVisit) settings() (SettingsList, error) {
	list, version, err := v.Desk.Settings.Settings(v.ctx)
	return SettingsList{list, version}, err
}
