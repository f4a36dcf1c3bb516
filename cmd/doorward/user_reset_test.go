package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

func TestWhoHasNoAppKeepsTheirSessionsWhenTwoFactorsAreReset(t *testing.T) { // S-37
	t.Parallel()
	file := write(t, freely, nil)
	add := []string{"user", "add", "--config", file, "--email", "anna@example.com", "--name", "Anna Berg", "--password-file", "-"}
	if code, out := command(t, "a sentence is fine\n", add...); code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	code, out := command(t, "", "user", "reset-2fa", "anna@example.com", "--config", file)
	if code != 0 || !strings.Contains(out, "anna@example.com has no authenticator app. Nothing was changed.") {
		t.Errorf("%d\n%s", code, out)
	}
	h := testHouse(t, file)
	if person, _, err := h.db.Login(t.Context(), "anna@example.com"); err != nil || person.Version != 1 {
		t.Errorf("the version is %d, %v", person.Version, err)
	}
}

func TestALostPhonesSecondFactorIsResetByOneCommand(t *testing.T) { // S-37
	t.Parallel()
	file := write(t, freely, nil)
	add := []string{"user", "add", "--config", file, "--email", "anna@example.com", "--name", "Anna Berg", "--customer-number", "1000001", "--password-file", "-"}
	if code, out := command(t, "a sentence is fine\n", add...); code != 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	h := testHouse(t, file)
	person, _, err := h.db.Login(t.Context(), "anna@example.com")
	if err != nil {
		t.Fatal(err)
	}
	device := storage.Authenticator{ID: storage.NewID(), UserID: person.ID, Name: "My phone", Sealed: []byte("sealed")}
	err = h.db.AddAuthenticator(t.Context(), storage.NewAuthenticator{Authenticator: device, UserVersion: person.Version}, storage.Event{})
	if err := errors.Join(err, h.Close()); err != nil {
		t.Fatal(err)
	}
	code, out := command(t, "", "user", "reset-2fa", "100-0001", "--config", file)
	if code != 0 || !strings.Contains(out, "anna@example.com has no authenticator app and no recovery codes now, and is signed out.") {
		t.Errorf("%d\n%s", code, out)
	}
	if code, out := command(t, "", "events", "--config", file, "--user", "anna@example.com"); code != 0 || !strings.Contains(out, "factors.reset  ok  anna@example.com  by operator") {
		t.Errorf("%d\n%s", code, out)
	}
}
