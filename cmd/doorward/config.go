package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/web"
)

// Config is everything that an operator can set: defaults, then what was set in the console (settings.go), then the file, then the
// environment, then check.
// The rooms never see it; each receives its own small struct (house.go).
type Config struct {
	Issuer         string             `yaml:"issuer"`
	Listen         string             `yaml:"listen"`
	TLS            TLSConfig          `yaml:"tls"`
	TrustedProxies []string           `yaml:"trusted_proxies"`
	Database       string             `yaml:"database"`
	MasterKeyFile  string             `yaml:"master_key_file"`
	Company        string             `yaml:"company"`
	Contact        string             `yaml:"contact"`
	Brand          BrandConfig        `yaml:"brand"`
	Language       string             `yaml:"language"`
	TimeZone       string             `yaml:"time_zone"`
	Login          LoginConfig        `yaml:"login"`
	Google         GoogleConfig       `yaml:"google"`
	Mail           MailConfig         `yaml:"mail"`
	Console        ConsoleConfig      `yaml:"console"`
	Audit          AuditConfig        `yaml:"audit"`
	Clients        []ClientConfig     `yaml:"clients"`
	Registration   RegistrationConfig `yaml:"registration"`
	Outbound       OutboundConfig     `yaml:"outbound"`
	Log            LogConfig          `yaml:"log"`
	Metrics        MetricsConfig      `yaml:"metrics"`
	Shutdown       ShutdownConfig     `yaml:"shutdown"`

	MasterKey string `yaml:"-"` // DOORWARD_MASTER_KEY: the lines of a master key file, instead of one
	places    places
}

// TLSConfig names certificate and key; with neither, something in front of Doorward ends TLS.
type TLSConfig struct {
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

// LoginConfig is what is asked of people.
type LoginConfig struct {
	EmailCode string       `yaml:"email_code"` // untrusted, always, never
	TrustDays int          `yaml:"trust_days"` // how long a browser can be trusted; 0: never
	Argon2    Argon2Config `yaml:"argon2"`

	TOTPAfterGoogle bool     `yaml:"totp_after_google"`
	TOTPRequired    []string `yaml:"totp_required"` // roles whose people need an authenticator app

	SessionIdle string `yaml:"session_idle"` // a time like 12h
	SessionMax  string `yaml:"session_max"`
}

// ConsoleConfig is where and how operators sign in to /admin.
type ConsoleConfig struct {
	Listen      string `yaml:"listen"`       // "": where visitors come
	RequireTOTP bool   `yaml:"require_totp"` // an authenticator app, whatever else the policy says
}

// AuditConfig is how long the log is kept.
type AuditConfig struct {
	KeepDays int `yaml:"keep_days"`
}

// OutboundConfig are exceptions for what is fetched from addresses that applications name.
type OutboundConfig struct {
	Allow  []string `yaml:"allow"` // origins
	CAFile string   `yaml:"ca_file"`
}

// fetcher is what fetches from there; in development from this machine too.
func (c OutboundConfig) fetcher(dev bool) (*web.Outbound, error) {
	return web.NewOutbound(web.OutboundOptions{Allow: c.Allow, CAFile: c.CAFile, Loopback: dev})
}

// LogConfig is how the log is written.
type LogConfig struct {
	Level  string `yaml:"level"`  // debug, info, warn, error
	Format string `yaml:"format"` // text, json
}

// MetricsConfig is the operators' own listener; "" is none.
type MetricsConfig struct {
	Listen string `yaml:"listen"`
}

// ShutdownConfig is how the house ends.
type ShutdownConfig struct {
	Delay string `yaml:"delay"` // a time like 500ms
}

// defaults is the configuration of an empty file. The issuer has none: nobody can guess it.
func defaults() Config {
	return Config{
		Listen:        "127.0.0.1:8080",
		Database:      "sqlite:doorward.db",
		MasterKeyFile: "master.key",
		Company:       "Doorward",
		Language:      "en",
		TimeZone:      "UTC",
		Login:         LoginConfig{EmailCode: "untrusted", TrustDays: 90, TOTPAfterGoogle: true, SessionIdle: "12h", SessionMax: "720h", Argon2: Argon2Config{MemoryKiB: 19456, Time: 2, Threads: 1}},
		Google:        GoogleConfig{Issuer: login.GoogleIssuer},
		Mail:          MailConfig{SMTP: SMTPConfig{TLS: "starttls"}},
		Console:       ConsoleConfig{RequireTOTP: true},
		Audit:         AuditConfig{KeepDays: 365},
		Log:           LogConfig{Level: "info", Format: "text"},
		Registration:  RegistrationConfig{Mode: "closed", PKCE: "required", Hourly: 10},
		Shutdown:      ShutdownConfig{Delay: "500ms"},
		places:        places{},
	}
}

// loadConfig reads file and the DOORWARD_ variables of environ ("NAME=value"). The error is faults: all at once.
func loadConfig(file string, environ []string) (Config, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return Config{}, faults{{File: file, Why: plain(err)}}
	}
	c := defaults()
	c.places[""] = place{File: file}
	found, whole := readYAML(data, &c)
	found = append(found, overlay(&c, environ)...)
	if !whole {
		return Config{}, found // what is missing may stand behind what could not be read
	}
	c.resolve(filepath.Dir(file))
	for _, f := range c.check() {
		if !found.has(f.Path) {
			found = append(found, f)
		}
	}
	if len(found) > 0 {
		return Config{}, found
	}
	return c, nil
}

// resolve makes paths relative to the folder of the configuration file, so that a command does not find another
// database because it was typed in another folder.
func (c *Config) resolve(folder string) {
	paths := []*string{&c.TLS.CertFile, &c.TLS.KeyFile, &c.MasterKeyFile, &c.Brand.LogoFile, &c.Google.ClientSecretFile, &c.Mail.SMTP.PasswordFile, &c.Mail.SMTP.CAFile, &c.Outbound.CAFile}
	for i := range c.Clients {
		paths = append(paths, &c.Clients[i].SecretFile, &c.Clients[i].JWKSFile)
	}
	for _, p := range paths {
		*p = within(folder, *p)
	}
	if path, ok := strings.CutPrefix(c.Database, "sqlite:"); ok {
		c.Database = "sqlite:" + within(folder, path)
	}
}

func within(folder, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}

// plain is an error of the file system without the call that met it.
func plain(err error) string {
	if path := (*os.PathError)(nil); errors.As(err, &path) {
		return fmt.Sprintf("cannot %s it: %s", path.Op, path.Err)
	}
	return err.Error()
}
