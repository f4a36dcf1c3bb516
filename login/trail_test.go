package login_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// told are the events of one sign-in, the oldest first.
func (h *house) told(b *webtest.Browser) []storage.Event {
	h.t.Helper()
	all, err := h.db.SignInLog(h.t.Context(), field(b, "attempt"))
	h.must(err)
	return all
}

// trail is what the event of a session tells, a word for each line.
func (h *house) trail(events []storage.Event, kind string) []string {
	h.t.Helper()
	i := slices.IndexFunc(events, func(e storage.Event) bool { return e.Kind == kind })
	if i < 0 {
		h.t.Fatalf("no %s among %v", kind, events)
	}
	var lines []struct {
		At  int64  `json:"t"`
		Did string `json:"d"`
		Why string `json:"w"`
		For string `json:"f"`
	}
	h.must(json.Unmarshal([]byte(events[i].Data["trail"]), &lines))
	var out []string
	last := int64(0)
	for _, line := range lines {
		if line.At < last || time.UnixMicro(line.At).Sub(h.now()).Abs() > time.Hour {
			h.t.Errorf("%+v is out of order", lines)
		}
		last = line.At
		if line.For != "" {
			line.Did += " for " + line.For
		}
		out = append(out, strings.TrimSpace(line.Did+" "+line.Why))
	}
	return out
}

func TestTheLogTellsHowSomebodyCameIn(t *testing.T) { // LG: the inspector
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.ask.Scopes = []string{"openid", "email", "groups"}
		wrongOnce := toPassword(h.browser(), "anna@example.com").Fill("password", "wrong").Press("submit").Fill("password", password).Press("submit")
		h.later(time.Second)
		b := h.withCode(wrongOnce).Press("trust-yes").Sees("app got anna")
		events := h.told(b)
		var kinds []string
		for _, e := range events {
			kinds = append(kinds, e.Kind)
			if e.Attempt != field(b, "attempt") || e.User != h.anna.ID || e.Client != "grafana" && !strings.HasPrefix(e.Kind, "trust.") {
				t.Errorf("%+v", e)
			}
		}
		if want := []string{"sign_in.refused", "sign_in.password_right", "sign_in.code_sent", "sign_in.code_right", "trust.given", "session.started"}; !slices.Equal(kinds, want) {
			t.Errorf("the log tells %v", kinds)
		}
		if d := events[1].Data; d["asks"] != "mail" || d["why"] != "untrusted" { // also of a sign-in that comes to nothing
			t.Errorf("after the password: %v", d)
		}
		for _, i := range []int{0, 1} {
			if got := h.trail(events[i:], events[i].Kind); !slices.Equal(got, []string{"began for openid email groups nobody"}) {
				t.Errorf("%s tells of its beginning %v", events[i].Kind, got)
			}
		}
		if got, want := h.trail(events, storage.SessionStarted), []string{"began for openid email groups nobody", "pwd", "asked mail untrusted", "mail"}; !slices.Equal(got, want) {
			t.Errorf("the trail is %v", got)
		}

		b.Go("/account").Press("confirm")
		b.Go("/app").Press("Continue as Anna Berg").Fill("password", password).Press("submit").Sees("app got anna")
		if got, want := h.trail(h.told(b), storage.SessionStarted), []string{"began for openid email groups nobody", "pwd", "spared trusted"}; !slices.Equal(got, want) {
			t.Errorf("with trust: %v", got)
		}
		h.ask.ACR = "urn:doorward:2fa"
		h.withCode(b.Go("/app")).Sees("acr=urn:doorward:2fa")
		if got, want := h.trail(h.told(b), storage.SessionRaised), []string{"began for openid email groups signed_in urn:doorward:2fa", "asked mail level", "mail"}; !slices.Equal(got, want) {
			t.Errorf("a step-up: %v", got)
		}
	})
}

func TestTheTrailOfAnAppAndOfOneThatIsSetUp(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.office()
	b := h.withCode(h.toGuarded())
	a := h.scan(b.Follow("Set up the app"))
	b.Press("submit").Sees("app got anna")
	first := h.told(b) // what was set up belongs to the sign-in for which it was
	if got, want := h.trail(first, storage.SessionRaised), []string{"began signed_in", "spared session", "totp"}; !slices.Equal(got, want) {
		t.Errorf("set up: %v", got)
	}
	if got, want := h.trail(first, storage.SessionStarted), []string{"began nobody", "pwd", "asked mail untrusted", "mail"}; !slices.Equal(got, want) {
		t.Errorf("before that: %v", got)
	}
	h.ask.Fresh = true
	b = h.toGuarded().Fill("code", a.code()).Press("submit").Sees("app got anna")
	if got, want := h.trail(h.told(b), storage.SessionStarted), []string{"began nobody fresh", "pwd", "asked totp app", "totp"}; !slices.Equal(got, want) {
		t.Errorf("with the app: %v", got)
	}
}

func TestATrailHoldsNothingThatWasTyped(t *testing.T) { // AD-08, XS-10
	t.Parallel()
	h := open(t)
	b := h.signedIn()
	for _, e := range h.told(b) {
		text, err := json.Marshal(e)
		h.must(err)
		for _, secret := range []string{password, h.code(), "anna@example.com"} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s stands in %s", secret, text)
			}
		}
	}
}
