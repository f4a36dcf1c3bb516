package keys

import (
	"errors"
	"testing"
	"time"

	"github.com/doorward/doorward/storage/storagetest"
)

func TestASetupLinkOpensWithinItsTimeOnly(t *testing.T) {
	t.Parallel()
	db := storagetest.New(t, nil)
	k := openKeys(t, db, nil)
	made := db.Now()
	link := SetupLink{ID: "a", First: true, Until: made.Add(SetupFor)}
	text, err := k.Box.SealSetup(link)
	if err != nil {
		t.Fatal(err)
	}
	for after, works := range map[time.Duration]bool{0: true, SetupFor - time.Microsecond: true, SetupFor: false, 24 * time.Hour: false} {
		got, err := k.Box.OpenSetup(text, made.Add(after))
		if works && (err != nil || got != link) || !works && !errors.Is(err, ErrRefused) {
			t.Errorf("after %v: got %+v, %v", after, got, err)
		}
	}
}

func TestASetupLinkThatIsNotOursIsRefused(t *testing.T) {
	t.Parallel()
	db := storagetest.New(t, nil)
	k := openKeys(t, db, nil)
	for name, l := range map[string]SetupLink{
		"no id": {Until: db.Now().Add(time.Minute)}, "no time": {ID: "a"}, "too long a time": {ID: "a", Until: db.Now().Add(24 * time.Hour)},
	} {
		if _, err := k.Box.OpenSetup(mustSeal(t, k, ForSetup, l), db.Now()); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{"nothing": "", "another kind": mustSeal(t, k, ForAlarm, SetupLink{ID: "a", Until: db.Now().Add(time.Minute)})} {
		if _, err := k.Box.OpenSetup(text, db.Now()); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
