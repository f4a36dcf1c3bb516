package main

import (
	"strings"
	"testing"
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
