package admin

import (
	"cmp"
	"errors"
	"net/url"
	"strings"

	"github.com/doorward/doorward/storage"
)

// lineName is a person as a line of the log names them, and the path of what more there is.
type lineName struct{ name, path string }

// naming reads each person once for a page.
type naming struct {
	v     *visit
	known map[string]lineName
}

// of is who has an id; the zero one where it is nobody's, and never was. Who is removed is named as their removal tells, and leads to
// what the log keeps of them: another may have the address by now. Whoever is shown the log may see people (logRoutes).
func (n naming) of(id string) (lineName, error) {
	if who, ok := n.known[id]; ok || id == "" || n.v.actor(id) != id {
		return who, nil
	}
	u, err := n.v.Desk.Store.User(n.v.r.Context(), id)
	who := lineName{u.Email, "/admin/people/" + id}
	if errors.Is(err, storage.ErrNotFound) {
		who, err = n.former(id)
	}
	if err == nil {
		n.known[id] = who
	}
	return who, err
}

func (n naming) former(id string) (lineName, error) {
	page, err := n.v.Desk.Store.Log(n.v.r.Context(), storage.LogFilter{User: id, Kind: storage.UserRemoved}, "", 1)
	if err != nil || len(page.Events) == 0 || page.Events[0].Data["email"] == "" {
		return lineName{}, err
	}
	return lineName{n.v.t("log.removed", "email", page.Events[0].Data["email"]), "/admin/log?who=" + url.QueryEscape(id)}, nil
}

// rows are events in words.
func (v *visit) rows(events []Event) ([]eventRow, error) {
	names := naming{v, map[string]lineName{}}
	rows := make([]eventRow, len(events))
	for i, e := range events {
		on, err := names.of(e.User)
		if err != nil {
			return nil, err
		}
		who, err := names.of(e.Actor)
		if err != nil {
			return nil, err
		}
		rows[i] = eventRow{Path: "/admin/log/" + e.ID, Time: v.Site.Texts.Second(v.lang, e.Time), What: v.kindWords(e.Kind), Result: v.resultWords(e), Bad: bad(e),
			Who: cmp.Or(who.name, v.actor(e.Actor)), On: cmp.Or(on.name, e.User), From: e.Address, Reference: e.Reference, WhoPath: who.path, OnPath: on.path}
		for _, more := range []string{e.Client, e.Data["group"]} {
			if more != "" {
				rows[i].On = strings.TrimPrefix(rows[i].On+" → "+more, " → ")
			}
		}
		if e.Actor == e.User {
			rows[i].Who, rows[i].WhoPath = rows[i].On, rows[i].OnPath
			rows[i].On, rows[i].OnPath = "", ""
		}
	}
	return rows, nil
}
