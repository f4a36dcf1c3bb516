package main

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

var inviteAddress = regexp.MustCompile(`/invite\?token=[A-Za-z0-9_-]+`)

// Behaviours 3.17, over the whole house: somebody is invited, comes in by their letter with a password that nobody else has seen, and is
// out at their next step when they are disabled.
func TestAnAdministratorInvitesSomebodyAndDisablesThemAgain(t *testing.T) {
	t.Parallel()
	h := newAviary(t)
	a := &applying{aviary: h, b: webtest.New(t, nil).StayOn(h.issuer), verifier: h.canary("PKCE verifier")}
	a.atConsole()

	a.b.Go(h.issuer+"/admin/people/invite").Fill("email", "ida@example.com").Fill("name", "Ida Holm").Press("Send the invitation").
		Status(http.StatusOK).Check().Sees("The invitation is on its way.").Sees("Invited")
	person := strings.SplitN(a.b.URL(), "?", 2)[0]
	letter := h.box.Letters()[0]
	if letter.To != "ida@example.com" || !strings.Contains(letter.Subject, "Anna Berg") {
		t.Errorf("the letter to %s is headed %q", letter.To, letter.Subject)
	}
	h.guard("invitation", inviteAddress.FindString(letter.Text)[len("/invite?token="):])
	ida := webtest.New(t, nil).StayOn(h.issuer).Go(h.issuer + inviteAddress.FindString(letter.Text)).Sees("Welcome, Ida")
	a.b.Go(person).Sees("Invited").SeesNot("Opened") // programs that look at mail open it too
	ida.Press("submit")
	a.b.Go(person).Sees("Opened")
	ida.Fill("password", h.canary("password of Ida")).Press("submit").Fill("code", mailed.FindString(h.box.Letters()[0].Subject)).Press("submit").Press("trust-no").
		Go(h.issuer + "/account").Sees("Ida Holm")
	a.b.Go(person).Check().Sees("Active").Sees("Set on").SeesNot("Copy link")

	a.b.Follow("Disable").Check().Sees("Sessions: 1").Fill("reason", "left").Press("submit").Status(http.StatusOK).Check().Sees("What has ended")
	if ida.Go(h.issuer + "/account"); !strings.Contains(ida.URL()+ida.Location(), "/login") {
		t.Errorf("she is still in, at %s", ida.URL())
	}
	h.search("lines of the log", []byte(h.log.String()))
	h.searchFiles()
}

// AD-07, over the whole house: whoever sets where an account at Google comes from tells its person, who hears who it was not.
func TestWhoIsGivenAnotherAddressHearsOfItAtTheFormerOne(t *testing.T) {
	t.Parallel()
	h := newAviary(t)
	a := &applying{aviary: h, b: webtest.New(t, nil).StayOn(h.issuer), verifier: h.canary("PKCE verifier")}
	a.atConsole()
	ben := storage.User{ID: storage.NewID(), Email: "ben@example.com", Claims: map[string]any{"name": "Ben Kaya"}, State: "active"}
	if err := h.db.AddUser(t.Context(), ben, "", storage.Event{}); err != nil {
		t.Fatal(err)
	}
	a.b.Go(h.issuer+"/admin/people/"+ben.ID+"/change").Fill("email", "ben@elsewhere.example").Fill("reason", "new company").Press("Save").
		Status(http.StatusOK).Check().Sees("The changes are saved.")
	for _, letter := range h.box.Letters()[:1] { // of the address; that an account at Google is linked by it from now on, the same letter says
		if letter.To != "ben@example.com" || !strings.Contains(letter.Text, "/alarm?token=") {
			t.Errorf("the letter goes to %s:\n%s", letter.To, letter.Text)
		}
	}
	anna, _, err := h.db.Login(t.Context(), "anna@example.com")
	if err != nil {
		t.Fatal(err)
	}
	a.b.Post(h.issuer+"/admin/people/"+anna.ID+"/change", url.Values{"email": {"evil@example.com"}}).Status(http.StatusForbidden)
}
