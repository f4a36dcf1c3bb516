package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
)

// The clients of the demo.
const (
	demoClient  = "demo"
	demoSPA     = "demo-spa"
	demoService = "demo-service"
)

// demo is what only the demo's folder knows: passwords and secrets in the clear, so that the next start prints the same.
type demo struct {
	People  map[string]string `json:"people"`  // password by address
	Clients map[string]string `json:"clients"` // secret by id
	fresh   bool              // not written yet
}

// readDemo reads the file, or makes up what it will hold.
func readDemo(file string) (demo, error) {
	data, err := os.ReadFile(file) //nolint:gosec // in the folder that --data names
	if errors.Is(err, fs.ErrNotExist) {
		return newDemo(), nil
	}
	var d demo
	if err == nil {
		err = json.Unmarshal(data, &d)
	}
	if err != nil {
		return demo{}, fmt.Errorf("read %s: %w; remove the folder to begin anew", file, err)
	}
	return d, nil
}

func newDemo() demo {
	d := demo{People: map[string]string{}, Clients: map[string]string{}, fresh: true}
	for _, p := range demoPeople() {
		d.People[p.Email] = easyPassword()
	}
	for _, id := range []string{demoClient, demoService} {
		d.Clients[id], _ = keys.NewSecret("dws_")
	}
	return d
}

// easyPassword is 80 random bits that a person can copy by hand.
func easyPassword() string {
	text := strings.ToLower(rand.Text())
	return strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:16]}, "-")
}

// move lets the demo's people in, and keeps their passwords in the file. The database comes first: a start that was cut
// off in between makes new passwords and sets them.
func (d demo) move(ctx context.Context, f *foundation, file string) error {
	if d.fresh {
		_, err := f.db.PutGroup(ctx, demoGroup(), storage.Event{Actor: "system"})
		if err != nil && !errors.Is(err, storage.ErrConflict) { // one that is there stays as it is
			return fmt.Errorf("add a group: %w", err)
		}
	}
	for _, person := range demoPeople() {
		if err := d.settle(ctx, f, person); err != nil {
			return fmt.Errorf("add %s: %w", person.Email, err)
		}
	}
	if !d.fresh {
		return nil
	}
	data, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	part := file + ".part"
	if err := os.WriteFile(part, append(data, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(part, file)
}

// settle adds one person, or gives a known one the password of a fresh file.
func (d demo) settle(ctx context.Context, f *foundation, person storage.User) error {
	known, _, err := f.db.Login(ctx, person.Email)
	missing := errors.Is(err, storage.ErrNotFound)
	if err != nil && !missing {
		return err
	}
	if !missing && !d.fresh {
		return nil
	}
	hash, err := f.keys.Passwords.Hash(ctx, d.People[person.Email])
	if err != nil {
		return err
	}
	if missing {
		return f.db.AddUser(ctx, person, hash, storage.Event{Actor: "system"})
	}
	return f.db.SetPassword(ctx, known.ID, hash, "", storage.Event{Actor: "system"})
}

// demoGroup is one that a helpdesk may move people in and out of, so that it can be tried; staff and admins are the administrators'.
func demoGroup() storage.Group {
	return storage.Group{Name: "sales", Title: "Sales", Helpdesk: true}
}

// demoPeople are the demo's people. Anna has a value for every claim of OIDC Core §5.1 but locale: letters follow the page.
func demoPeople() []storage.User {
	anna := map[string]any{
		"name": "Anna Berg", "given_name": "Anna", "middle_name": "Maria", "family_name": "Berg", "nickname": "Anni",
		"preferred_username": "anna", "profile": "https://people.example.com/anna", "picture": "https://people.example.com/anna.png",
		"website": "https://anna.example.com", "gender": "female", "birthdate": "1984-05-17", "zoneinfo": "Europe/Berlin",
		"phone_number": "+492215550100", "phone_number_verified": true,
		"address": map[string]any{
			"formatted": "Domkloster 4\n50667 Köln\nGermany", "street_address": "Domkloster 4", "postal_code": "50667",
			"locality": "Köln", "region": "Nordrhein-Westfalen", "country": "Germany",
		},
	}
	ben := map[string]any{
		"name": "Ben Kaya", "given_name": "Ben", "family_name": "Kaya", "preferred_username": "ben",
	}
	return []storage.User{
		{ID: storage.NewID(), Email: "anna@example.com", CustomerNumber: "1000001", Claims: anna, Groups: []string{"staff", "sales"}, State: "active", Version: 1, EmailVerified: true},
		{ID: storage.NewID(), Email: "ben@example.com", CustomerNumber: "1000002", Claims: ben, Groups: []string{"staff", "admins"}, Role: "admin", State: "active", Version: 1, EmailVerified: true},
	}
}

// demoGuest has not come yet.
func demoGuest() storage.User {
	carla := map[string]any{"name": "Carla Moreno", "given_name": "Carla", "family_name": "Moreno"}
	return storage.User{ID: storage.NewID(), Email: "carla@example.com", CustomerNumber: "1000003", Claims: carla, Groups: []string{"staff"}, State: "invited", Version: 1, EmailVerified: true}
}

// inviteGuest puts an invitation into the mailbox, which forgets its letters at each start; until the guest has come.
func (h *house) inviteGuest(ctx context.Context) error {
	guest, _, err := h.db.Login(ctx, demoGuest().Email)
	if errors.Is(err, storage.ErrNotFound) {
		guest = demoGuest()
		err = h.db.AddUser(ctx, guest, "", storage.Event{Actor: "system"})
	}
	if err != nil || guest.State != "invited" {
		return err
	}
	_, err = h.present().face.Invite(ctx, login.Invitation{Person: guest, By: "Ben Kaya", Event: storage.Event{Actor: "system"}})
	return err
}

// clients are the demo's clients, declared anew at each start since the app's port may have changed.
func (d demo) clients(appOrigins []string) []ClientConfig {
	var callbacks, starts []string
	for _, origin := range appOrigins {
		callbacks, starts = append(callbacks, origin+"/callback"), append(starts, origin+"/")
	}
	app := ClientConfig{
		ID: demoClient, Name: "Demo app", Type: "web", RedirectURIs: callbacks, PostLogoutRedirectURIs: starts,
		Refresh: "session", IDTokenOnRefresh: true,
	}
	spa := ClientConfig{
		ID: demoSPA, Name: "Demo page", Type: "browser",
		RedirectURIs: []string{"http://localhost:5173/callback", "http://127.0.0.1:5173/callback"},
	}
	service := ClientConfig{ID: demoService, Name: "Demo service", Type: "service", Introspect: true}
	list := []ClientConfig{app, spa, service}
	for i := range list {
		list[i].RequirePKCE, list[i].IDTokenAlg, list[i].AccessToken = true, "ES256", "opaque"
		list[i].secret = d.Clients[list[i].ID]
	}
	return list
}

// report is what the operator is told.
func (d demo) report(doors devDoors) devReport {
	r := devReport{Issuer: doors.issuer, App: doors.appOrigins[0], Mailbox: doors.issuer + "/dev/mail", Console: doors.issuer + "/admin"}
	for _, p := range demoPeople() {
		r.People = append(r.People, devPerson{p.Email, p.CustomerNumber, d.People[p.Email], p.Role == "admin"})
	}
	for _, c := range d.clients(doors.appOrigins) {
		r.Clients = append(r.Clients, devClient{c.ID, c.secret, append([]string{}, c.RedirectURIs...)})
	}
	return r
}
