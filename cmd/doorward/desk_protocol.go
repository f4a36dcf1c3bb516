package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/op"
)

// deskProtocol lends the protocol to the console: neither door knows the other.
type deskProtocol struct{ *rooms }

func testOf(t admin.Trial) op.Test {
	return op.Test{Client: t.App, User: t.User, Session: t.Session, Address: t.Address, Reference: t.Reference}
}

func (d deskProtocol) BeginTrial(ctx context.Context, t admin.Trial) (string, error) {
	path, err := d.protocol.BeginTest(ctx, testOf(t))
	return path, trialFault(err)
}

func (d deskProtocol) EndTrial(ctx context.Context, code string, t admin.Trial) (admin.TrialReport, error) {
	told, err := d.protocol.EndTest(ctx, code, testOf(t))
	if err != nil {
		return admin.TrialReport{}, trialFault(err)
	}
	report := admin.TrialReport{
		Scopes: told.Scopes, ACR: told.ACR, AMR: told.AMR, AuthTime: told.AuthTime,
		Header: string(told.IDToken.Header), Claims: string(told.IDToken.Claims), Bytes: told.IDToken.Bytes,
		Userinfo: string(told.Userinfo), Refresh: told.Refresh, Consent: told.Consent,
		Access: admin.TrialAccess{Format: told.Access.Format, Bytes: told.Access.Bytes, Life: told.Access.Life, Claims: string(told.Access.Claims)},
	}
	for _, c := range told.Checks {
		report.Checks = append(report.Checks, admin.TrialCheck(c))
	}
	return report, nil
}

// trialFault is an error of the protocol in the words of the console.
func trialFault(err error) error {
	var refused *op.Error
	if errors.As(err, &refused) {
		return &admin.TrialFault{Code: refused.Code, Text: refused.Description}
	}
	return err
}

func (d deskProtocol) Address(sealed string) (admin.MetAddress, error) {
	a, err := op.OpenAddress(d.keys.Box, sealed, d.db.Now())
	return admin.MetAddress{Client: a.Client, Redirect: a.Redirect, Session: a.Session}, err
}

// consoleOrigin is where the console is answered: the issuer's, but for the port where it has a listener of its own.
func (c Config) consoleOrigin() string {
	u, err := url.Parse(c.Issuer)
	_, port, err2 := net.SplitHostPort(c.Console.Listen)
	if err != nil || err2 != nil {
		return c.Issuer
	}
	u.Host = net.JoinHostPort(u.Hostname(), port)
	return u.String()
}

// insider says whether the console would let an administrator of this session in: it adds to the role what the console demands.
func (r *rooms) insider(req *http.Request) bool {
	session, person, err := r.face.Session(req)
	if err != nil || person.Role != "admin" {
		return false
	}
	return !r.config.Console.RequireTOTP || person.ByApp(session.ACR)
}
