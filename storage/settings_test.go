package storage_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func TestOfAllWhoChangeSettingsAtOnceOneWins(t *testing.T) { // RG-06
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		_, version, err := db.Settings(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		oneWinner(t, atOnce(20, func(i int) error {
			_, err := db.PutSettings(t.Context(), storage.SettingsChange{
				Put: []storage.Setting{{Name: "company", Value: fmt.Sprint(i)}}, Version: version,
			}, storage.Event{})
			return err
		}), storage.ErrConflict)
		all, after, err := db.Settings(t.Context())
		if err != nil || len(all) != 1 || after != version+1 {
			t.Errorf("got %v of version %d, %v; want one setting of version %d", all, after, err, version+1)
		}
	})
}

func TestSettingsChangeTogetherAndGoBackToTheirDefaults(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		version, err := db.PutSettings(t.Context(), storage.SettingsChange{Put: []storage.Setting{
			{Name: "mail.smtp.password", Value: "c2VhbGVk", Sealed: true}, {Name: "company", Value: "Acme"}, {Name: "contact", Value: ""},
		}}, storage.Event{})
		if err != nil {
			t.Fatal(err)
		}
		if version, err = db.PutSettings(t.Context(), storage.SettingsChange{
			Put: []storage.Setting{{Name: "company", Value: "Acme Ltd"}}, Remove: []string{"contact"}, Version: version,
		}, storage.Event{}); err != nil {
			t.Fatal(err)
		}
		got, read, err := db.Settings(t.Context())
		if err != nil || read != version {
			t.Errorf("read version %d, %v; want %d", read, err, version)
		}
		want := []storage.Setting{{Name: "company", Value: "Acme Ltd"}, {Name: "mail.smtp.password", Value: "c2VhbGVk", Sealed: true}}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(storage.Setting{}, "Updated")); diff != "" {
			t.Error(diff)
		}
		if seen, err := db.SettingsVersion(t.Context()); err != nil || seen != version {
			t.Errorf("the version is %d, %v; want %d", seen, err, version)
		}
	})
}

func TestTheLogTellsWhichSettingsChangedAndNoSecret(t *testing.T) { // AD-08, LG-05
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		_, err := db.PutSettings(t.Context(), storage.SettingsChange{
			Put: []storage.Setting{{Name: "company", Value: "Acme"}, {Name: "google.client_secret", Value: "c2VhbGVk", Sealed: true},
				{Name: "brand.logo", Value: strings.Repeat("x", 20_000)}},
			Remove: []string{"contact"},
		}, storage.Event{Actor: "anna", Reference: "r1"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := db.EventsByReference(t.Context(), "r1")
		if err != nil || len(got) != 1 {
			t.Fatalf("got %v, %v; want one event", got, err)
		}
		want := map[string]string{"company": "Acme", "google.client_secret": "changed", "brand.logo": "20000 bytes", "contact": "default"}
		if diff := cmp.Diff(want, got[0].Data); diff != "" || got[0].Kind != storage.SettingsChanged || got[0].Actor != "anna" {
			t.Errorf("got %+v: %s", got[0], diff)
		}
	})
}
