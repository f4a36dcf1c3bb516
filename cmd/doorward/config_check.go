package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// check judges the whole configuration and returns every fault, each with its place.
func (c Config) check() faults {
	var found faults
	blame := func(path string, err error) {
		if err != nil {
			found = append(found, c.places.fault(path, "%s", err))
		}
	}
	blame("issuer", checkIssuer(c.Issuer))
	blame("listen", checkListen(c.Listen))
	for i, text := range c.TrustedProxies {
		_, err := network(text)
		blame(fmt.Sprintf("trusted_proxies[%d]", i), err)
	}
	blame("database", checkDatabase(c.Database))
	if c.MasterKeyFile == "" && c.MasterKey == "" {
		blame("master_key_file", errors.New("is missing"))
	}
	if c.Company == "" {
		blame("company", errors.New("is missing; pages and letters name it"))
	}
	blame("language", checkLanguage(c.Language))
	blame("time_zone", checkZone(c.TimeZone))
	found = append(found, c.checkBrand()...)
	blame("login.email_code", oneOf(c.Login.EmailCode, emailCodes...))
	blame("login.trust_days", checkDays(c.Login.TrustDays))
	found = append(found, c.checkSessions()...)
	found = append(found, c.checkArgon2()...)
	blame("console.listen", checkConsole(c.Console.Listen, c.Listen))
	blame("audit.keep_days", checkKeep(c.Audit.KeepDays))
	blame("log.level", oneOf(c.Log.Level, "debug", "info", "warn", "error"))
	blame("log.format", oneOf(c.Log.Format, "text", "json"))
	blame("metrics.listen", checkOperators(c.Metrics.Listen))
	blame("shutdown.delay", checkDelay(c.Shutdown.Delay))
	found = append(found, c.checkTLS()...)
	for i, origin := range c.Outbound.Allow {
		blame(fmt.Sprintf("outbound.allow[%d]", i), web.CheckOrigin(origin))
	}
	if _, err := (OutboundConfig{CAFile: c.Outbound.CAFile}).fetcher(false); err != nil {
		blame("outbound.ca_file", errors.New(plain(err)))
	}
	found = append(found, c.checkRegistration()...)
	found = append(found, c.checkGoogle()...)
	found = append(found, c.checkMail()...)
	return append(found, c.checkClients()...)
}

// emailCodes are when a code is mailed after the password.
var emailCodes = []string{"untrusted", "always", "never"}

// mostTrustDays bounds how long a browser can be trusted: a year.
const mostTrustDays = 365

func (c LoginConfig) trustFor() time.Duration { return time.Duration(c.TrustDays) * 24 * time.Hour }

// checkLanguage demands a language that there are texts in.
func checkLanguage(tag string) error {
	texts, err := web.LoadTexts()
	if err != nil {
		return err
	}
	if !slices.Contains(texts.Languages(), tag) {
		return fmt.Errorf("must be %s, not %q", strings.Join(texts.Languages(), " or "), tag)
	}
	return nil
}

func checkDays(days int) error {
	if days < 0 || days > mostTrustDays {
		return fmt.Errorf("must be 0 to %d", mostTrustDays)
	}
	return nil
}

// checkIssuer demands an origin as OIDC Discovery §3 and house.md §2 want it: https, no path, one spelling. Plain http
// is for this machine only.
func checkIssuer(issuer string) error {
	if issuer == "" {
		return errors.New("is missing; it is the address people see, like https://login.example.com")
	}
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return fmt.Errorf("%q is not an address like https://login.example.com", issuer)
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("must begin with https://")
	case u.Scheme == "http" && !localName(u.Hostname()):
		return errors.New("must begin with https://; plain http is for localhost and 127.0.0.1 only")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(issuer, "#"):
		return errors.New("must have no user, no query and no fragment")
	case u.Path != "":
		return errors.New("must have no path and no slash at its end")
	case u.Port() == "" && strings.HasSuffix(u.Host, ":"), u.Scheme == "https" && u.Port() == "443", u.Scheme == "http" && u.Port() == "80":
		return errors.New("must not name the usual port: browsers leave it out, and the two would differ")
	case issuer != strings.ToLower(issuer) || strings.HasSuffix(u.Hostname(), "."):
		return errors.New("must be in small letters, with no dot at the end of the name")
	}
	return nil
}

func localName(host string) bool { return host == "localhost" || host == "127.0.0.1" }

func checkListen(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is not HOST:PORT or :PORT", address)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("port %q is not a number up to 65535", port)
	}
	return nil
}

// network reads one entry of trusted_proxies: a network, or the address of one machine.
func network(text string) (netip.Prefix, error) {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return prefix.Masked(), nil
	}
	address, err := netip.ParseAddr(text)
	if err != nil || address.Zone() != "" {
		return netip.Prefix{}, fmt.Errorf("%q is neither a network like 10.0.0.0/8 nor an address", text)
	}
	return netip.PrefixFrom(address, address.BitLen()), nil
}

// checkDatabase never repeats the address: it may hold a password.
func checkDatabase(address string) error {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		if path == "" {
			return errors.New("begins with sqlite: but names no file")
		}
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return errors.New("must be sqlite:PATH or a postgres:// address")
	}
	return nil
}

func oneOf(value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	last := len(allowed) - 1
	return fmt.Errorf("must be %s or %s, not %q", strings.Join(allowed[:last], ", "), allowed[last], value)
}

func (c Config) checkTLS() faults {
	certificate, key := c.TLS.CertFile, c.TLS.KeyFile
	switch {
	case certificate == "" && key == "":
		return nil
	case certificate == "":
		return faults{c.places.fault("tls.cert_file", "is missing, but key_file is given")}
	case key == "":
		return faults{c.places.fault("tls.key_file", "is missing, but cert_file is given")}
	case strings.HasPrefix(c.Issuer, "http:"):
		return faults{c.places.fault("tls", "is given, but the issuer begins with http://")}
	}
	var found faults
	for path, file := range map[string]string{"tls.cert_file": certificate, "tls.key_file": key} {
		if _, err := os.ReadFile(file); err != nil { //nolint:gosec // the operator names the file
			found = append(found, c.places.fault(path, "%s", plain(err)))
		}
	}
	if len(found) > 0 {
		return found
	}
	if _, err := tls.LoadX509KeyPair(certificate, key); err != nil {
		return faults{c.places.fault("tls", "certificate and key do not go together: %s", err)}
	}
	return nil
}

// checkClients judges each declared application by the rules of its record; a fault names the line of its setting.
func (c Config) checkClients() faults {
	var found faults
	first := map[string]int{}
	for i, entry := range c.Clients {
		path := fmt.Sprintf("clients[%d]", i)
		if before, twice := first[entry.ID]; twice && entry.ID != "" {
			found = append(found, c.places.fault(path+".id", "%q is clients[%d] already", entry.ID, before))
		}
		first[entry.ID] = i
		_, err := entry.declared()
		for _, invalid := range invalids(err) {
			at := path + "." + setting(invalid.Field)
			if (invalid.Field == "client_secret" || invalid.Field == "jwks") && found.has(at) {
				continue // why there is none has been said
			}
			found = append(found, c.places.fault(at, "%s", invalid.Why))
		}
	}
	return found
}

// setting is the name in the configuration of a client's field.
func setting(field string) string {
	renamed := map[string]string{
		"client_id": "id", "client_name": "name", "client_secret": "secret_file", "token_endpoint_auth_method": "auth_method",
		"scope": "scopes", "id_token_signed_response_alg": "id_token_alg", "token_format": "access_token",
		"userinfo_signed_response_alg": "userinfo_alg", "default_max_age": "max_age", "default_acr_values": "acr_values",
		"jwks": "jwks_file", "token_endpoint_auth_signing_alg": "auth_alg", "request_object_signing_alg": "request_alg",
	}
	if name, ok := renamed[field]; ok {
		return name
	}
	return field
}

// invalids takes joined errors apart.
func invalids(err error) []*storage.Invalid {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var list []*storage.Invalid
		for _, e := range joined.Unwrap() {
			list = append(list, invalids(e)...)
		}
		return list
	}
	if invalid := (*storage.Invalid)(nil); errors.As(err, &invalid) {
		return []*storage.Invalid{invalid}
	}
	if err != nil {
		return []*storage.Invalid{{Why: err.Error()}}
	}
	return nil
}

// level is log.level as slog counts it; check has seen that it is one.
func (c Config) level() slog.Level {
	var level slog.Level
	if level.UnmarshalText([]byte(c.Log.Level)) != nil {
		return slog.LevelInfo
	}
	return level
}
