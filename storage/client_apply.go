package storage

import (
	"cmp"
	"context"
	"encoding/json"
	"reflect"
	"slices"
)

// What a ClientStep does, or why it cannot be done.
const (
	ClientAdds    = "added"
	ClientChanges = "changed"
	ClientRemoves = "removed"
	ClientAdopts  = "adopted" // kept in the console until now; the file takes it over
	ClientDrift   = "drift"   // kept in the console, where it has become another than the file says: not done unless it is adopted
	ClientTaken   = "taken"   // another owner's: the configuration declares it differently, or it has registered itself
)

// ClientStep is what a file would make of one client.
type ClientStep struct {
	What   string
	Before Client   // as it is; of ClientAdds none
	Client Client   // as it would be; of ClientRemoves as it is
	Fields []string // that differ, as Client names them
}

// Blocked says whether the step is one that cannot be done.
func (s ClientStep) Blocked() bool { return s.What == ClientDrift || s.What == ClientTaken }

// ClientPlan says what makes the clients owned by "applied" exactly those of list, where have is what is there; none when it is so
// already. A client of the configuration's, or of the console's, that is just as listed stays what it is; with adopt the console's are taken over.
// What a file cannot say stays as it is: secrets that it does not name, whether the client is switched off.
// *Invalid for what no client may be, and for one that needs a secret and has none.
func ClientPlan(have, list []Client, adopt bool) ([]ClientStep, error) {
	want := make(map[string]Client, len(list))
	for _, c := range list {
		if _, twice := want[c.ID]; twice {
			return nil, &Invalid{"id", c.ID + " stands twice"}
		}
		c.Owner = "applied"
		want[c.ID] = c
	}
	var plan []ClientStep
	for _, h := range have {
		w, listed := want[h.ID]
		delete(want, h.ID)
		if !listed {
			if h.Owner == "applied" {
				plan = append(plan, ClientStep{What: ClientRemoves, Before: h, Client: h})
			}
			continue
		}
		if step := h.become(h.bequeath(w), adopt); step.What != "" {
			plan = append(plan, step)
		}
	}
	for _, w := range want {
		plan = append(plan, ClientStep{What: ClientAdds, Client: w})
	}
	slices.SortFunc(plan, func(a, b ClientStep) int { return cmp.Compare(a.Client.ID, b.Client.ID) })
	for _, s := range plan {
		if s.Client.WithSecret() && s.Client.Secrets[0] == nil {
			return nil, &Invalid{"secret_file", "is missing: " + s.Client.ID + " has no secret yet"}
		}
		if err := s.Client.Check(); err != nil && s.What != ClientRemoves {
			return nil, err
		}
	}
	return plan, nil
}

// bequeath gives w what only the database knows.
func (c Client) bequeath(w Client) Client {
	if w.WithSecret() && w.Secrets[0] == nil {
		w.Secrets = c.Secrets
	}
	w.SecretsMade, w.Disabled, w.Tile, w.Profile, w.SectorURI, w.Registration = c.SecretsMade, c.Disabled, c.Tile, c.Profile, c.SectorURI, nil
	return w
}

// become is the step from the client to w; none where it is so already.
func (c Client) become(w Client, adopt bool) ClientStep {
	s := ClientStep{Before: c, Client: w, Fields: c.differs(w)}
	switch {
	case c.Owner == "dynamic" || c.Owner == "file" && len(s.Fields) > 0:
		s.What = ClientTaken
	case c.Owner == "" && adopt:
		s.What = ClientAdopts
	case c.Owner == "" && len(s.Fields) > 0:
		s.What = ClientDrift
	case c.Owner == "applied" && len(s.Fields) > 0:
		s.What = ClientChanges
	}
	return s
}

// differs names the fields in which two records say another thing. An empty list and none are the same.
func (c Client) differs(w Client) []string {
	var fields []string
	a, b := reflect.ValueOf(c), reflect.ValueOf(w)
	for i := range a.NumField() {
		name := a.Type().Field(i).Name
		switch name {
		case "Owner", "Created", "Updated", "SecretsMade", "Registration":
			continue
		}
		x, err := json.Marshal(a.Field(i).Interface())
		y, err2 := json.Marshal(b.Field(i).Interface())
		if err != nil || err2 != nil || bare(x) != bare(y) {
			fields = append(fields, name)
		}
	}
	return fields
}

func bare(value []byte) string {
	if s := string(value); s != "[]" {
		return s
	}
	return "null"
}

const adoptClient = `update clients set owner = 'applied' where id = $1 and owner = ''`

// ApplyClients takes the steps of ClientPlan, all or none, and returns them; of each tells the event that told gives. ErrConflict, with the
// steps, when one is blocked. The grants and consents of a removed client end with it.
func (db *DB) ApplyClients(ctx context.Context, list []Client, adopt bool, told func(ClientStep) Event) ([]ClientStep, error) {
	defer db.clients.forget()
	var plan []ClientStep
	err := db.write(ctx, work{limit: longLimit, do: func(u *unit) error {
		if err := u.holdClients(); err != nil {
			return err
		}
		var have []Client
		if err := u.rows(selectClients, nil, addTo(&have)); err != nil {
			return err
		}
		var err error
		if plan, err = ClientPlan(have, list, adopt); err != nil {
			return err
		}
		for _, s := range plan {
			if s.Blocked() {
				return ErrConflict
			}
		}
		for _, s := range plan {
			if err := u.take(db, s, told(s)); err != nil {
				return err
			}
		}
		return nil
	}})
	return plan, wrap("apply clients", err)
}

// take takes one step.
func (u *unit) take(db *DB, s ClientStep, e Event) error {
	switch s.What {
	case ClientAdds:
		return u.addClient(db, s.Client, e)
	case ClientRemoves:
		return u.removeClient(db, e, deleteApplied, s.Client.ID)
	case ClientAdopts:
		if err := u.add(adoptClient, s.Client.ID); err != nil {
			return err
		}
	}
	var before Client
	if err := u.rows(selectClient, []any{s.Client.ID}, before.scan); err != nil {
		return err
	}
	return u.changeClient(db, s.Client.dated(before, db.Now()), e)
}
