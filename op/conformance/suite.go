package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// suite is the running conformance suite.
type suite struct {
	address string
	client  http.Client
	version string
	chain   string // its certificates, PEM
}

// module is a test of a plan, in the variant that the plan runs it in.
type module struct {
	Name    string            `json:"testModule"`
	Variant map[string]string `json:"variant"`
}

// entry is a line of a module's log; Result is "" for what is neither good nor bad.
type entry struct {
	Source  string `json:"src"`
	Message string `json:"msg"`
	Result  string `json:"result"`
}

// openSuite finds out whether a suite answers at the address. Its certificate is its own, and nothing secret is told to it.
func openSuite(ctx context.Context, address string) (*suite, error) {
	s := &suite{address: strings.TrimSuffix(address, "/")}
	s.client = http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // above
	var about struct{ Version, Revision string }
	if err := s.call(ctx, "GET", "/api/server", nil, &about); err != nil {
		return nil, fmt.Errorf("no conformance suite answers at CONFORMANCE_SUITE: %w", err)
	}
	s.version = about.Version + " (" + about.Revision + ")"
	return s, nil
}

// call sends body as JSON, and reads the JSON that comes back into result.
func (s *suite) call(ctx context.Context, method, path string, body, result any) error {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, s.address+path, sent)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := s.client.Do(r)
	if err != nil {
		return err
	}
	s.remember(answer.TLS)
	text, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s %.300s", method, path, answer.Status, text)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(text, result)
}

// remember keeps the certificates that the suite shows, for the house to believe them when it calls the suite.
func (s *suite) remember(connection *tls.ConnectionState) {
	if s.chain != "" || connection == nil {
		return
	}
	for _, certificate := range connection.PeerCertificates {
		s.chain += inPEM("CERTIFICATE", certificate.Raw)
	}
}

// create makes a plan, and tells its id and its modules.
func (s *suite) create(ctx context.Context, p plan, configuration any) (string, []module, error) {
	var made struct {
		ID      string
		Modules []module
	}
	query := url.Values{"planName": {p.testPlan()}}
	if len(p.variant) > 0 {
		query.Set("variant", asJSON(p.variant))
	}
	err := s.call(ctx, "POST", "/api/plan?"+query.Encode(), configuration, &made)
	return made.ID, made.Modules, err
}

// begin makes a module of a plan, which begins by itself unless it has to be started, and tells its id.
func (s *suite) begin(ctx context.Context, planID string, m module) (string, error) {
	var made struct{ ID string }
	query := url.Values{"test": {m.Name}, "plan": {planID}, "variant": {asJSON(m.Variant)}}
	err := s.call(ctx, "POST", "/api/runner?"+query.Encode(), nil, &made)
	return made.ID, err
}

// start starts a module that waits for that.
func (s *suite) start(ctx context.Context, id string) error {
	return s.call(ctx, "POST", "/api/runner/"+id, nil, nil)
}

// cancel ends a module.
func (s *suite) cancel(ctx context.Context, id string) error {
	return s.call(ctx, "DELETE", "/api/runner/"+id, nil, nil)
}

// state tells where a module stands, and its result so far.
func (s *suite) state(ctx context.Context, id string) (status, result string, err error) {
	var info struct{ Status, Result string }
	err = s.call(ctx, "GET", "/api/info/"+id, nil, &info)
	return info.Status, info.Result, err
}

// log is what a module has logged, as it came and as entries.
func (s *suite) log(ctx context.Context, id string) (json.RawMessage, []entry, error) {
	var text json.RawMessage
	if err := s.call(ctx, "GET", "/api/log/"+id, nil, &text); err != nil {
		return nil, nil, err
	}
	var entries []entry
	err := json.Unmarshal(text, &entries)
	return text, entries, err
}

func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings always encode
	}
	return string(text)
}
