package admin_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// protocol stands for op, which is another door: what it sealed, the test says, and its trials end as the test wants.
type protocol struct {
	met    map[string]admin.MetAddress
	report admin.TrialReport
	fault  *admin.TrialFault
	ended  []admin.Trial
	closed bool
}

func (p *protocol) BeginTrial(_ context.Context, t admin.Trial) (string, error) {
	return "/authorize?test=" + url.QueryEscape(t.App), nil
}

func (p *protocol) EndTrial(_ context.Context, _ string, t admin.Trial) (admin.TrialReport, error) {
	p.ended = append(p.ended, t)
	if p.fault != nil {
		return admin.TrialReport{}, p.fault
	}
	return p.report, nil
}

func (p *protocol) Address(sealed string) (admin.MetAddress, error) {
	met, ok := p.met[sealed]
	if !ok {
		return met, errors.New("not ours")
	}
	return met, nil
}

func (p *protocol) Invite(uses int, _ time.Time) (string, error) {
	if p.closed {
		return "", admin.ErrClosed
	}
	return fmt.Sprintf("dwn_for_%d", uses), nil
}

// apps is a house with a protocol, and the browser of an administrator.
func (h *house) apps() (*protocol, *webtest.Browser, storage.User) {
	p := &protocol{met: map[string]admin.MetAddress{}}
	h.desk.Protocol, h.desk.Registrar = p, p
	root := h.person("root@aviary.test", "admin")
	return p, h.as(root.ID), root
}

func (h *house) client(id string) storage.Client {
	h.t.Helper()
	c, err := h.db.Client(h.t.Context(), id)
	h.must(err)
	return c
}

// grafana is an application, made by the desk.
func (h *house) grafana() admin.MadeApp {
	h.t.Helper()
	made, err := h.desk.AddApp(h.t.Context(), admin.Operator(), admin.NewApp{Tile: "grafana", Name: "Grafana", Address: "https://grafana.aviary.test/"})
	h.must(err)
	return made
}

var secretText = regexp.MustCompile(`dws_[A-Za-z0-9_-]{43}`)
